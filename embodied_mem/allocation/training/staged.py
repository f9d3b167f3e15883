"""A training that starts where another, shorter one ended."""

from collections.abc import Callable
from typing import Any, final

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training.group_trainer import GroupTrainer
from embodied_mem.allocation.training.imitation import Imitation
from embodied_mem.allocation.training.ppo import Ppo
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.allocation.training.trainer import Trained

_STAGE = "stage"


@final
class WarmStarted:
    """First imitates a teacher, then learns from the reward, as one training.

    Args:
        first: The imitation.
        make_second: Makes the trainer that goes on from a network.
        second_updates: Its updates.
    """

    def __init__(
        self,
        first: Imitation,
        make_second: Callable[[ScorerNetwork], GroupTrainer[Any] | Ppo],
        second_updates: int,
    ) -> None:
        self._first = first
        self._make_second = make_second
        self._second_updates = second_updates
        self._second: GroupTrainer[Any] | Ppo | None = None

    @property
    def done(self) -> int:
        """Updates so far, of both."""
        return self._first.done + (0 if self._second is None else self._second.done)

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        return self._first.updates + self._second_updates

    @property
    def ready(self) -> bool:
        """Whether its policy has learned from the reward yet, and not only from the teacher."""
        return self._second is not None and self._second.ready

    def update(self) -> dict[str, float]:
        """Plays and learns once; returns what is worth logging."""
        if self._second is None and self._first.done < self._first.updates:
            return self._first.update()
        if self._second is None:
            self._second = self._make_second(self._first.trained())
        return self._second.update()

    def trained(self) -> Trained:
        """Returns the greedy policy as it is now."""
        return self._first.trained() if self._second is None else self._second.trained()

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly."""
        snapshot = (self._second or self._first).snapshot()
        snapshot.values[_STAGE] = 0 if self._second is None else 1
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        if snapshot.values[_STAGE] == 0:
            self._first.restore(snapshot)
            return
        self._first.done = self._first.updates
        # The network that it starts with is replaced by the one it had got to.
        self._second = self._make_second(self._first.trained())
        self._second.restore(snapshot)
