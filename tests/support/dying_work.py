"""Work that kills its process once in the middle, for tests of what a lost worker costs.

The kill is real; each beginning leaves a mark in a folder, so that what was done twice is known.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from embodied_mem.allocation.training.rollout import roll_out_part
from embodied_mem.cli.train_allocator import TrainAllocator


def begin(folder, name):
    """Marks a beginning; returns which it is."""
    for attempt in range(100):
        try:
            (Path(folder) / f"{name}-{attempt}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return attempt
    raise AssertionError("begun a hundred times")


def begun(folder):
    """Returns how often each name was begun."""
    names = [path.name.rpartition("-")[0] for path in Path(folder).iterdir()]
    return {name: names.count(name) for name in names}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class DyingCore:
    """A core whose process dies at a step."""

    def __init__(self, core, step):
        self._core, self._left = core, step

    def __getattr__(self, name):
        return getattr(self._core, name)

    def step(self, actions):
        self._left -= 1
        if self._left == 0:
            die()
        return self._core.step(actions)


class DyingRollouts:
    """Has the process of one shard of the first update die at a step, the first time it plays it.

    Args:
        rollouts: Plays the shards.
        folder: For the marks.
        step: At which the process dies.
    """

    def __init__(self, rollouts, folder, step):
        self.rollouts, self.folder, self.step = rollouts, str(folder), step
        self.update = 0

    def each(self, work, shards):
        assert work is roll_out_part
        self.update += 1
        marked = [
            replace(shard, part=(f"{self.update}.{index}", self.folder, self.step, shard.part))
            for index, shard in enumerate(shards)
        ]
        return self.rollouts.each(play_marked, marked)


def play_marked(episodes, weights, part):
    name, folder, step, real = part
    if begin(folder, name) == 0 and name == "1.1":
        make = episodes.make_core
        episodes = replace(episodes, make_core=lambda rows: DyingCore(make(rows), step))
    return roll_out_part(episodes, weights, real)


@dataclass(frozen=True, kw_only=True)
class DyingTrain(TrainAllocator):
    """`embodied-mem train` whose process dies after its first checkpoint, for one of the seeds."""

    marks: str = ""
    dies: int = 1

    def run(self):
        if begin(self.marks, f"seed-{self.seed}") == 0 and self.seed == self.dies:
            threading.Thread(target=self._die_later, daemon=True).start()
        return super().run()

    def _die_later(self):
        while not (self.out / "checkpoint.safetensors").exists():
            time.sleep(0.005)
        die()
