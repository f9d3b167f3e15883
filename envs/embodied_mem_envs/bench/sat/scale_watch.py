"""Rollouts that are watched: what they cost, and a worker of theirs that is killed."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar, final

from embodied_mem.allocation.training.rollouts import Rollouts, Shard

Result = TypeVar("Result")

_LOOK: Final = 0.02
"""Seconds between two looks of whoever kills."""
_LONGEST: Final = 300.0
"""Seconds after which a kill that found nothing is given up."""


@final
class WatchedRollouts:
    """Plays as others do, and notes the time.

    Args:
        rollouts: Plays the shards.
        folder: Each shard leaves a file there with the process that began it.
    """

    def __init__(self, rollouts: Rollouts, folder: Path) -> None:
        self._rollouts, self._folder = rollouts, folder
        folder.mkdir(parents=True)
        self.calls = 0
        self.wall_s: list[float] = []
        """Of each call."""
        self.cpu_s: list[float] = []
        """Of each call: of all processes that played a shard to its end."""

    def each(
        self, work: Callable[[Any, Any, Any], Result], shards: Sequence[Shard]
    ) -> list[Result]:
        """See `Rollouts.each`."""
        self.calls += 1
        stem = str(self._folder / f"{self.calls}")
        watched = [
            replace(shard, part=(work, f"{stem}.{index}", shard.part))
            for index, shard in enumerate(shards)
        ]
        before = time.perf_counter()
        played = self._rollouts.each(_watched, watched)
        self.wall_s.append(time.perf_counter() - before)
        self.cpu_s.append(sum(cpu for cpu, _ in played))
        return [result for _, result in played]

    def begun(self) -> int:
        """Returns how often a shard was begun."""
        return len([*self._folder.iterdir()])


def _watched(fixed: Any, policy: Any, part: Any) -> tuple[float, Any]:
    work, stem, real = part
    before = time.process_time()
    Path(f"{stem}.{os.getpid()}").touch()
    result = work(fixed, policy, real)
    return time.process_time() - before, result


@contextmanager
def killing(find: Callable[[], int | None], after_s: float) -> Iterator[list[int]]:
    """Kills one process with SIGKILL during the block; yields a list that it is then in.

    Args:
        find: Returns the process as soon as there is one to kill.
        after_s: Wall time from then on.
    """
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        until = time.monotonic() + _LONGEST
        while not over.wait(_LOOK) and time.monotonic() < until:
            victim = find()
            if victim is None:
                continue
            if not over.wait(after_s):
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
            return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def player_of(folder: Path, stem: str) -> int | None:
    """Returns the process that began a shard of a `WatchedRollouts`."""
    for path in folder.glob(f"{stem}.*"):
        return int(path.name.rpartition(".")[2])
    return None


def any_worker() -> int | None:
    """Returns a worker of Ray on this machine that carries something out for this process."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() == _BUSY or process.cmdline()[:1] == [_BUSY]:
                return int(process.pid)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return None


_BUSY: Final = "ray::_carry_out"
"""What Ray calls a process while it carries out work of `Cluster.each` or of `RayExecutor`."""
