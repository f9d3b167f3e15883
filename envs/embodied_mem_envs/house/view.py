"""Keeps the ray scene of a house up to date and renders it."""

from typing import Any

from embodied_mem.types import Float64Array, Intrinsics
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.mesh import Atlas, TriangleSoup, join, object_soup, structure_soup
from embodied_mem_envs.house.render import RayScene, View


class HouseRenderer:
    """Renders one house; rebuilds its scene when the house has changed, and only then."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._atlas = Atlas()
        self._scene: RayScene | None = None
        self._revision = -1
        self._structure: TriangleSoup | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Embree scenes cannot be pickled; they are built again where they are needed."""
        return {"_house": self._house}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_house"])  # type: ignore[misc]

    @property
    def triangles(self) -> int:
        """Number of triangles in the scene."""
        return self._current().triangles

    def render(
        self, T_world_camera: Float64Array, intrinsics: Intrinsics, colour: bool = True
    ) -> View:
        """Renders a pinhole camera anywhere in the house; see `RayScene.render`."""
        scene = self._current()
        return scene.render(T_world_camera, intrinsics, self._house.instance_ids(), colour)

    def _current(self) -> RayScene:
        if self._scene is None or self._revision != self._house.revision:
            if self._structure is None:
                self._structure = structure_soup(self._house.panels(), self._atlas)
            soups = [self._structure]
            for index, thing in enumerate(self._house.objects):
                soups.append(object_soup(thing, index, self._atlas))
            self._scene = RayScene(join(soups), self._atlas)
            self._revision = self._house.revision
        return self._scene
