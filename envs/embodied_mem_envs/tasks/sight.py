"""From where a thing of a house can be seen, by the truth: what shortest ways lead to."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import BoolArray, Float64Array, Int64Array, Intrinsics
from embodied_mem_envs.evaluation.shown import SHOWN_PIXELS, SHOWN_RANGE
from embodied_mem_envs.evaluation.truth import box_gaps
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.tasks.true_floor import TrueFloor

VIEWPOINT_GAP = 1.0
"""Metres between a viewpoint and the box of what is seen from it, on the plan."""
_LEAST_GAP = 0.2
_SPACING = 0.2
"""Viewpoints are told apart no finer than this, metres."""
_GLANCES = tuple(Intrinsics.from_hfov(12, 12, hfov) for hfov in (0.15, 0.3, 0.6, 1.2))
"""Coarse looks of several widths: what not one of their rays hits is not looked at closer."""
_EYE = Intrinsics.from_hfov(48, 48, float(np.pi / 3))
_FOCAL_AT_640 = 320.0
_NEEDED = SHOWN_PIXELS * (_EYE.fx / _FOCAL_AT_640) ** 2


class Sight:
    """Looks at things of a house, as it is now, from places of its floor.

    A thing shows from a place if the camera, at its height above that place and turned to the
    middle of the thing's box, would see as much of it as 400 pixels of a picture of 640 x 480 with
    a view of 90 degrees, no farther than 3.5 m: what `evaluation.shown` calls showing enough. Only
    places on the floor of the thing count.
    """

    def __init__(
        self,
        house: House,
        floor: TrueFloor,
        camera: CameraConfig,
        renderer: HouseRenderer | None = None,
    ) -> None:
        self._house = house
        self._floor = floor
        self._height = camera.mount_height
        self._renderer = renderer or HouseRenderer(house)
        self._viewpoints: dict[str, Int64Array] = {}

    def shows(self, thing: HouseObject, node: int) -> bool:
        """Tells whether a thing shows from a cell of the floor."""
        eye = self._floor.points[node] + (0.0, 0.0, self._height)
        pose = look_at(eye, thing.position)
        number = self._instance_of(thing)
        size = float(np.linalg.norm(thing.size)) / float(np.linalg.norm(eye - thing.position))
        glance = next((each for each in _GLANCES if each.width / each.fx >= size), _GLANCES[-1])
        if not (self._renderer.render(pose, glance, colour=False).instance == number).any():
            return False
        view = self._renderer.render(pose, _EYE, colour=False)
        close = (view.instance == number) & (view.depth > 0.0) & (view.depth <= SHOWN_RANGE)
        return int(close.sum()) >= _NEEDED

    def viewpoints(self, thing: HouseObject) -> Int64Array:
        """Returns the cells from which a thing shows at most 1 m from its box; every second one.

        Cells under which nobody can stand are not among them.
        """
        if thing.id not in self._viewpoints:
            gaps = self._gaps(thing)
            ring = self._thinned(np.flatnonzero((gaps >= _LEAST_GAP) & (gaps <= VIEWPOINT_GAP)))
            chosen = [node for node in ring.tolist() if self.shows(thing, node)]
            self._viewpoints[thing.id] = np.array(chosen, np.int64)
        return self._viewpoints[thing.id]

    def ever_shows(self, thing: HouseObject, within: BoolArray) -> bool:
        """Tells whether a thing shows from any of the cells of an (N,) mask."""
        gaps = self._gaps(thing)
        ring = self._thinned(np.flatnonzero((gaps <= SHOWN_RANGE) & within))
        order = ring[np.argsort(np.abs(gaps[ring] - VIEWPOINT_GAP), kind="stable")]
        return any(self.shows(thing, int(node)) for node in order)

    def nearest_view(
        self, things: Iterable[HouseObject], distances: Float64Array
    ) -> tuple[float, int | None]:
        """Finds how far one must walk until one of some things shows.

        Args:
            things: What is looked for.
            distances: (N,) metres from the start to every cell of the floor.

        Returns:
            Metres and the cell; infinite and None if none ever shows.
        """
        best, place = np.inf, None
        for thing in things:
            ring = np.flatnonzero((self._gaps(thing) <= SHOWN_RANGE) & (distances < best))
            ring = self._thinned(ring)
            for node in ring[np.argsort(distances[ring], kind="stable")].tolist():
                if self.shows(thing, node):
                    best, place = float(distances[node]), node
                    break
        return best, place

    def _gaps(self, thing: HouseObject) -> Float64Array:
        """Returns (N,) metres on the plan between every cell and the box of a thing.

        Infinite for the cells of other floors and of stairs.
        """
        places = self._floor.points[:, :2]
        gaps = box_gaps(places, places, thing.box_min[:2], thing.box_max[:2])
        own = self._floor.floors == self._house.floor_of(thing.id)
        return np.where(own, gaps, np.inf)

    def _thinned(self, nodes: Int64Array) -> Int64Array:
        """Keeps one cell of each square of 0.2 m."""
        if len(nodes) == 0:
            return nodes
        squares = np.floor(self._floor.points[nodes] / _SPACING + 1e-6).astype(np.int64)
        _, first = np.unique(squares, axis=0, return_index=True)
        kept: Int64Array = nodes[np.sort(first)]
        return kept

    def _instance_of(self, thing: HouseObject) -> int:
        position = next(i for i, other in enumerate(self._house.objects) if other.id == thing.id)
        return int(self._house.instance_ids()[position])


def look_at(eye: ArrayLike, target: ArrayLike) -> Float64Array:
    """Returns T_world_camera of a level camera at (3,) `eye` turned to (3,) `target`.

    The target must not be straight above or below.
    """
    origin = np.asarray(eye, float)
    ahead = np.asarray(target, float) - origin
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    result = np.eye(4)
    result[:3, 0], result[:3, 1], result[:3, 2] = right, np.cross(ahead, right), ahead
    result[:3, 3] = origin
    return result
