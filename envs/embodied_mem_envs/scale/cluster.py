"""A cluster of Ray: joined or started, given work, and left again.

Ray unpickles what its processes send each other. Whoever reaches a cluster's ports and knows its
token can run anything there; docs/scale.md says how to keep others out.
"""

import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TypeVar, final

from embodied_mem.errors import ClusterError, ConfigError, EmbodiedMemError
from embodied_mem_envs.evaluation.running.processes import core_count
from embodied_mem_envs.scale.extra import require_ray_extra

Result = TypeVar("Result")

TRIES: Final = 6
"""So often a piece of work is begun before it is given up; only the death of workers counts."""
_STORE_BYTES: Final = 2**30
"""Room for shared objects of a cluster on this machine; taken only as far as it is used."""
_PATIENCE: Final = 5.0
"""Seconds in which a cluster must take a connection."""
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Else Ray hides GPUs from tasks that ask for none, and warns that it will stop doing so.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
# What Ray does on desktops: all its ports are bound to 127.0.0.1.
_LOOPBACK: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# What runs out of memory again and again is given up, like what dies in another way.
_SYSTEM: Final = {"task_oom_retries": TRIES - 1}


@final
class Cluster:
    """A connection to Ray; `joined` makes it."""

    @property
    def cpus(self) -> int:
        """How many CPUs all its machines have together, at present."""
        import ray

        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        return int(sum(node["Resources"].get("CPU", 0) for node in nodes if node["Alive"]))

    def put(self, value: Any) -> Any:
        """Sends a value once, for whatever work is given the reference instead of it."""
        import ray

        return ray.put(value)

    def each(
        self, work: Callable[..., Result], calls: Sequence[tuple[Any, ...]], *, tries: int = TRIES
    ) -> Iterator[tuple[int, Result | ClusterError]]:
        """Carries out calls of a function, one CPU each; closing the iterator ends what is left.

        Args:
            work: A function of a module. A call whose worker dies is begun again elsewhere.
            calls: Its arguments, or references that `put` returned.
            tries: So often a call is begun at most.

        Yields:
            Which call, and its result, as they come; an error where its workers kept dying.

        Raises:
            EmbodiedMemError: If the work itself did.
        """
        import ray

        task = ray.remote(_carry_out).options(num_cpus=1, max_retries=tries - 1)
        waiting = {task.remote(work, *call): index for index, call in enumerate(calls)}
        try:
            while waiting:
                (done,), _ = ray.wait([*waiting], num_returns=1)
                yield waiting.pop(done), _result(done, "its worker died every time")
        finally:
            for reference in waiting:
                ray.cancel(reference, force=True)

    def stream(
        self, work: Callable[..., Iterator[Any]], *arguments: Any, calls_a_worker: int = 0
    ) -> Any:
        """Begins one call of a generator function, on one CPU; it is not begun again.

        Args:
            work: A function of a module. It runs in the main thread of its worker.
            arguments: Its arguments, or references that `put` returned.
            calls_a_worker: After so many, a worker is replaced; never where 0.
        """
        import ray

        task = ray.remote(num_cpus=1, max_retries=0, max_calls=calls_a_worker)(work)
        return task.options(num_returns="streaming").remote(*arguments)

    def ready(self, streams: Sequence[Any], seconds: float) -> list[Any]:
        """Waits until something can be taken from at least one stream, or the time is over."""
        import ray

        # Of what is ready only one is told at a time where no more than one is asked for.
        found, _ = ray.wait([*streams], num_returns=len(streams), timeout=0.0)
        if not found:
            found, _ = ray.wait([*streams], num_returns=1, timeout=seconds)
        return list(found)

    def next_of(self, stream: Any) -> Any:
        """Returns what a stream yields next.

        Raises:
            ClusterError: If its worker died.
        """
        result = _result(next(stream), "its worker died")
        if isinstance(result, ClusterError):
            raise result
        return result

    def end(self, stream: Any) -> None:
        """Ends the worker of a stream."""
        import ray

        ray.cancel(stream, force=True)


def _carry_out(work: Callable[..., Result], *arguments: Any) -> Result:
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)  # the same bits on every machine of a kind
    return work(*arguments)


def _result(reference: Any, death: str) -> Any:
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, EmbodiedMemError):
            raise error.cause from None
        raise
    except RayError as error:
        return ClusterError(f"{death}: {str(error).splitlines()[0]}")


@contextmanager
def joined(address: str, *, cpus: int | None = None) -> Iterator[Cluster]:
    """Joins a cluster, or starts one on this machine, for the length of the block.

    Args:
        address: `auto` joins the one that this process is connected to, or else the running one
            (`RAY_ADDRESS`, or Ray's own look-up); `local` starts one on this machine, which only
            this machine reaches and which ends with the block; anything else is `HOST:PORT` of the
            head of a cluster that this machine belongs to.
        cpus: Of a local one; as many as this process may use where None.

    Raises:
        MissingExtraError: If Ray is not installed.
        ConfigError: If there is no such cluster.
    """
    require_ray_extra()
    if "ray" in sys.modules and sys.modules["ray"].is_initialized():
        if address != "auto":
            raise ConfigError(
                f"this process is connected to Ray already; expected auto, not {address!r}"
            )
        yield Cluster()
        return
    head = os.environ.get("RAY_ADDRESS", address) if address == "auto" else address
    if head not in ("auto", "local"):
        _reachable(head)
    with (
        _environment({**_QUIET, **({**_LOOPBACK, **_token()} if head == "local" else {})}),
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
    ):
        import ray

        try:
            _connect(head, cpus or core_count(), folder)
            yield Cluster()
        finally:
            ray.shutdown()


def _connect(address: str, cpus: int, folder: str) -> None:
    import ray
    from ray._private import ray_constants
    from ray.exceptions import RayError

    known: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == "local":
        local = {"num_cpus": cpus, "object_store_memory": _STORE_BYTES, "_temp_dir": folder}
        known |= {**local, "include_dashboard": False, "_system_config": _SYSTEM}
        # Ray has read the environment already where it was imported before.
        ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        ray.init(address=address, **known)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise ConfigError(
            f"no cluster of Ray could be joined at {address!r}: {str(error).splitlines()[0]} "
            "Start one as launch/ray/README.md says, on this machine too, and give both the same "
            "token; or use --ray local"
        ) from error
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = True
    where = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if address == "local" and where != "127.0.0.1":
        raise ConfigError(
            f"Ray {ray.__version__} would listen on {where}, not on 127.0.0.1 alone; take the "
            "version of constraints.txt, or start a cluster as launch/ray/README.md says"
        )


def _reachable(address: str) -> None:
    """Notices in seconds what Ray would try for a minute."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"--ray {address!r} is none of auto, local and HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except OSError as error:
        raise ConfigError(
            f"nothing answers at {address}: {error}. Is the head of the cluster running there?"
        ) from error


@cache
def _token() -> dict[str, str]:
    """Returns the token of all clusters that this process starts; Ray keeps the first in mind.

    That tokens are asked for is Ray's own choice for a cluster that `ray.init` starts.
    """
    if {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        return {}
    return {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Sets what is not set yet, for the length of the block; Ray's own mode of tokens ends too."""
    before = {name: os.environ.get(name) for name in (*values, "RAY_AUTH_MODE")}
    os.environ.update({name: value for name, value in values.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
