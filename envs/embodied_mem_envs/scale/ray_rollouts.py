"""Shards of episodes as tasks of Ray, on whatever machines there are."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, final

from embodied_mem.allocation.training.rollouts import Shard
from embodied_mem.errors import ClusterError
from embodied_mem_envs.scale.cluster import Cluster

Result = TypeVar("Result")


@final
class RayRollouts:
    """Plays shards on a cluster; the bits are those of `SerialRollouts`.

    Episodes are sent once, weights once an update, and what was kept once a shard; no message is
    sent in a step. A shard whose worker dies is played again, from its seed, on another.

    Args:
        cluster: Joined as long as this is used.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._sent: dict[int, tuple[Any, Any]] = {}

    def each(
        self, work: Callable[[Any, Any, Any], Result], shards: Sequence[Shard]
    ) -> list[Result]:
        """See `Rollouts.each`.

        Raises:
            ClusterError: If the workers of a shard kept dying.
        """
        policies = {id(shard.policy): shard.policy for shard in shards}
        sent = {key: self._cluster.put(policy) for key, policy in policies.items()}
        calls = [(self._once(s.fixed), sent[id(s.policy)], s.part) for s in shards]
        results: dict[int, Result] = {}
        for index, result in self._cluster.each(work, calls):
            if isinstance(result, ClusterError):
                raise result
            results[index] = result
        return [results[index] for index in range(len(shards))]

    def _once(self, fixed: Any) -> Any:
        # What was sent is held on to, so that no other thing can come to have its id.
        if id(fixed) not in self._sent:
            self._sent[id(fixed)] = (fixed, self._cluster.put(fixed))
        return self._sent[id(fixed)][1]
