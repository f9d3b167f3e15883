"""Records what a hippocampus sees and makes of it, tick by tick, for the Rerun viewer."""

from pathlib import Path
from typing import Protocol, final

import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.memory.facts import FrontierFact, SnapshotFact, active
from embodied_mem.viz.reading import FloorMap, SnapshotEntry
from embodied_mem.viz.rerun_log import RerunLog

_OCCUPANCY_EVERY = 10


class Log(Protocol):
    """What a walk is recorded by."""

    def log(self, hippocampus: Hippocampus) -> None:
        """Records the last observation and the scene as it is now."""

    def close(self) -> None:
        """Ends the recording."""


def open_live(path: Path | None) -> Log:
    """Returns a log into a `.rrd` file, or one that records nothing where no path is given.

    Raises:
        MissingExtraError: If a path is given and rerun is not installed.
    """
    return NoLog() if path is None else LiveLog(path)


@final
class NoLog:
    """A log that records nothing."""

    def log(self, hippocampus: Hippocampus) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


@final
class LiveLog:
    """Writes each observation, and the scene that it changed, to a Rerun recording."""

    def __init__(self, path: Path) -> None:
        """Opens the recording.

        Raises:
            MissingExtraError: If rerun is not installed.
        """
        self._rerun = RerunLog(path)
        self._logged = 0
        self._shown = (0, -1)

    def log(self, hippocampus: Hippocampus) -> None:
        """Records the last observation and the scene as it is now."""
        observation = hippocampus.latest
        if observation is None:
            return
        self._rerun.log_frame(observation)
        scene = hippocampus.scene
        snapshots = enumerate(active(hippocampus.store, SnapshotFact), start=1)
        self._rerun.log_scene(
            tick=observation.tick,
            objects=[scene.object_fact(int(row)) for row in np.flatnonzero(scene.required())],
            snapshots=[
                SnapshotEntry(number=number, record=record, fact=fact, room=None)
                for number, (record, fact) in snapshots
            ],
            frontiers=[fact for _, fact in active(hippocampus.store, FrontierFact, payload=False)],
            path=hippocampus.walk.points(),
            floors=self._changed_floors(hippocampus),
            heights={floor.index: floor.height for floor in scene.floors},
        )
        self._logged += 1

    def _changed_floors(self, hippocampus: Hippocampus) -> list[FloorMap]:
        """The occupancy, now and then: it is large, and changes little from tick to tick."""
        floor = hippocampus.scene.storeys.current
        occupancy = floor.occupancy
        shown = (floor.opened, occupancy.revision)
        if self._logged % _OCCUPANCY_EVERY or shown == self._shown:
            return []
        self._shown = shown
        return [FloorMap(fact=hippocampus.map_fact(), grid=occupancy.states, height=floor.height)]

    def close(self) -> None:
        """Ends the recording."""
        self._rerun.close()
