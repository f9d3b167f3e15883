"""The seam between a hippocampus and whatever knows better than odometry where the robot is."""

from collections.abc import Iterable
from typing import Protocol

from embodied_mem.scene.drift.moves import KeyframeMoves
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Observation


class PoseCorrector(Protocol):
    """Corrects observations before they are remembered, and what is remembered already."""

    def correct(self, observation: Observation) -> Observation:
        """Returns an observation with the poses that the map tells."""

    def move(self, scene: SceneGraph) -> KeyframeMoves | None:
        """Moves what the scene remembers; called between `correct` and the scene's `update`."""

    def note(self, tick: int, rows: Iterable[int]) -> None:
        """Hears which object rows the observation of a tick showed."""
