"""Corrects what a drifting robot sees before it is remembered, and what it remembers already."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, final

import numpy as np

from embodied_mem.scene.drift.localiser import Keyframe, Localiser, LocaliserConfig
from embodied_mem.scene.drift.moves import KeyframeMoves
from embodied_mem.scene.drift.planar import compose, inverse, planar, upright
from embodied_mem.scene.drift.scan import make_scan
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array, Observation

_LEAST: Final = 0.005
"""Nothing is moved by less than this, m."""
_OF_A_CELL: Final = 0.5
"""The maps are moved when they are wrong by more than this share of a cell."""
_HEIGHT: Final = 0.3
"""Keyframes within this of a floor's height, m, are of that floor."""
_TIDY_EVERY: Final = 500
"""Ticks after which it is forgotten from where pictures were taken that are no longer held."""


@final
class DriftCorrector:
    """Finds how far odometry has drifted, from what the robot sees; for one robot and one visit.

    Forward: `correct` gives each observation the pose that the map tells. Backward: `move` moves
    what the scene remembers with the keyframes that it was seen from. A view that does not fit is
    not believed, and odometry is gone by until one does.

    Args:
        config: Settings; the defaults where None.
    """

    def __init__(self, config: LocaliserConfig | None = None) -> None:
        self.localiser = Localiser(config)
        self.T_map_odom: Float64Array = np.eye(4)
        """(4, 4) from the frame that odometry tells poses in to that of the map."""
        self.moved = 0.0
        """The longest way that `move` moved a keyframe of the scene the last time, m."""
        self._seen: dict[int, Counter[int]] = {}
        self._taken: dict[int, int] = {}
        self._objects_at: list[Float64Array] = []
        self._maps_at: list[Float64Array] = []
        self._revision = 0

    @property
    def nbytes(self) -> int:
        """Bytes that it holds, about."""
        counts = sum(map(len, self._seen.values())) + len(self._taken)
        return self.localiser.nbytes + 100 * counts

    def correct(self, observation: Observation) -> Observation:
        """Returns an observation with the poses that the map tells, for those of the odometry."""
        body = planar(observation.T_world_body)
        height = float(observation.T_world_body[2, 3])
        scan = make_scan(observation, self.localiser.config.scan)
        pose = self.localiser.update(body, height, scan)
        for frame in self.localiser.keyframes[len(self._objects_at) :]:
            self._objects_at.append(frame.pose.copy())
            self._maps_at.append(frame.pose.copy())
        self.T_map_odom = upright(compose(pose, inverse(body)))
        return observation.told_in(self.T_map_odom)

    def note(self, tick: int, rows: Iterable[int]) -> None:
        """Hears which objects the last observation showed.

        Args:
            tick: Of that observation.
            rows: Their rows.
        """
        keyframe = self.localiser.reference
        self._taken[tick] = keyframe
        for row in rows:
            self._seen.setdefault(row, Counter())[keyframe] += 1

    def move(self, scene: SceneGraph) -> KeyframeMoves | None:
        """Moves what the scene remembers to where it is by now.

        To be called between `correct` and the scene's `update`.

        Returns:
            How the map moved; None where it did not.
        """
        self._tidy(scene)
        if self._revision == self.localiser.revision:
            return None
        self._revision = self.localiser.revision
        frames = self.localiser.keyframes
        now = np.array([frame.pose for frame in frames])
        moves = KeyframeMoves(np.array(self._objects_at), now)
        self.moved = moves.longest
        if self.moved < _LEAST:
            return None
        self._objects_at = list(now.copy())
        self._move_objects(scene, moves)
        for kept in scene.snapshots.frames():
            if kept.tick in self._taken:
                move = upright(moves.moves[self._taken[kept.tick]])
                kept.T_world_camera[...] = move @ kept.T_world_camera
        self._move_maps(scene, frames, now)
        return moves

    def _move_objects(self, scene: SceneGraph, moves: KeyframeMoves) -> None:
        table = scene.objects
        for row, seen in list(self._seen.items()):
            if not table.live[row]:
                del self._seen[row]
                continue
            xy = np.array(table.position(row)[:2])
            way = moves.of(list(seen), [float(count) for count in seen.values()], xy)
            if float(np.hypot(*way)) >= 1e-4:
                table.shift(row, np.array([*way, 0.0], np.float32))

    def _move_maps(self, scene: SceneGraph, frames: list[Keyframe], now: Float64Array) -> None:
        """Moves the maps where it is worth it: they go by whole cells."""
        before = np.array(self._maps_at)
        heights = np.array([frame.height for frame in frames])
        for floor in scene.floors:
            own = np.flatnonzero(np.abs(heights - floor.height) < _HEIGHT)
            if own.size == 0:
                continue
            moves = KeyframeMoves(before[own], now[own])
            grid = floor.occupancy
            if moves.longest < _OF_A_CELL * grid.cell:
                continue
            rows, cols = grid.states.shape
            grid.warp(moves.source((rows, cols), grid.origin, grid.cell))
            for k in own.tolist():
                self._maps_at[k] = now[k].copy()

    def _tidy(self, scene: SceneGraph) -> None:
        if len(self._taken) > _TIDY_EVERY + scene.snapshots.config.max_frames:
            held = {frame.tick for frame in scene.snapshots.frames()}
            self._taken = {tick: k for tick, k in self._taken.items() if tick in held}
