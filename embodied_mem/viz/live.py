"""Logs a running hippocampus to a Rerun recording, or to nothing."""

from pathlib import Path
from typing import Protocol, final

import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus, frontier_fact
from embodied_mem.memory.facts import SnapshotFact, active
from embodied_mem.viz.reading import FloorMap, SnapshotEntry
from embodied_mem.viz.rerun_log import RerunLog

SCENE_EVERY = 5
"""Frames between two logs of the whole scene; every frame is logged."""


class Live(Protocol):
    """Something that watches a hippocampus at work."""

    def log(self, hippocampus: Hippocampus) -> None:
        """Takes in the state after one more observation."""

    def close(self) -> None:
        """Writes what is left."""


def open_live(path: Path | None) -> Live:
    """Opens a Rerun recording, or what logs nothing where no path is given."""
    return _Nothing() if path is None else _Recording(path)


@final
class _Nothing:
    def log(self, hippocampus: Hippocampus) -> None:
        pass

    def close(self) -> None:
        pass


@final
class _Recording:
    def __init__(self, path: Path) -> None:
        self._log = RerunLog(path)
        self._frames = 0
        self._path: list[tuple[float, float]] = []

    def log(self, hippocampus: Hippocampus) -> None:
        observation = hippocampus.newest
        if observation is None:
            return
        self._log.log_frame(observation)
        self._path.append(tuple(observation.T_world_body[:2, 3].tolist()))
        if self._frames % SCENE_EVERY == 0:
            self._log_scene(hippocampus, observation.tick)
        self._frames += 1

    def close(self) -> None:
        self._log.close()

    def _log_scene(self, hippocampus: Hippocampus, tick: int) -> None:
        scene = hippocampus.scene
        confirmed = np.flatnonzero(scene.objects.confirmed())
        shots = active(hippocampus.store, SnapshotFact)
        self._log.log_scene(
            tick=tick,
            objects=[scene.object_fact(int(row)) for row in confirmed],
            snapshots=[
                SnapshotEntry(number=number, record=record, fact=fact, room=None)
                for number, (record, fact) in enumerate(shots, start=1)
            ],
            frontiers=[frontier_fact(frontier) for frontier in scene.frontiers],
            path=self._path,
            floors=[FloorMap(fact=hippocampus.map_fact(), grid=scene.occupancy.states)],
        )
