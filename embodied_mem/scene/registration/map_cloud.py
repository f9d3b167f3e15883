"""What a memory keeps of its geometry: thinned surfaces and the free floor, each of a few bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from embodied_mem.scene.occupancy import FREE, Occupancy
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.types import BoolArray, Float64Array, UInt8Array

__all__ = ["FloorSpace", "MapCloud"]


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FloorSpace:
    """What of one floor is free and occupied, as `Occupancy` tells it."""

    states: UInt8Array
    """(rows, cols): 0 unknown, 1 free, 2 occupied."""
    corner: tuple[int, int]
    """Lattice row and column of cell [0, 0]; it begins at y = row * cell, x = column * cell."""
    cell: float
    """Edge of a cell, m."""
    height: float
    """Of the floor, m."""

    @classmethod
    def of(cls, occupancy: Occupancy) -> "FloorSpace":
        """Copies what a map knows now, without the unknown rim."""
        window = occupancy.known_window(rim=0)
        row, col = (occupancy.corner[k] + window[k].start for k in range(2))
        return cls(
            states=occupancy.states[window].copy(),
            corner=(row, col),
            cell=occupancy.cell,
            height=occupancy.floor_height,
        )

    def free(self) -> BoolArray:
        """Returns the mask of cells that are free with all their neighbours."""
        padded = np.pad(self.states == FREE, 1)
        rows, cols = self.states.shape
        result = np.ones((rows, cols), np.bool_)
        for down in range(3):
            for right in range(3):
                result &= padded[down : down + rows, right : right + cols]
        return result

    def at(self, xy: Float64Array, mask: BoolArray) -> BoolArray:
        """Tells for (n, 2) points whether the cell that holds them is set in a mask."""
        cells = np.floor(xy / self.cell).astype(np.int64)[:, ::-1] - np.array(self.corner)
        inside = ((cells >= 0) & (cells < mask.shape)).all(axis=1)
        result = np.zeros(len(xy), np.bool_)
        result[inside] = mask[cells[inside, 0], cells[inside, 1]]
        return result


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MapCloud:
    """The geometry of what was seen, in the frame of one memory; z up."""

    cloud: Cloud
    """Surfaces, one point a voxel and direction."""
    voxel: float
    """Edge of a voxel, m."""
    floors: tuple[FloorSpace, ...] = ()
    """Free and occupied floor; () where none was mapped."""
    heights: tuple[float, ...] = field(default=(0.0,))
    """Of the floors that a body may stand on, m."""

    @classmethod
    def of(
        cls, cloud: Cloud, occupancies: Sequence[Occupancy], *, voxel: float = 0.12
    ) -> "MapCloud":
        """Thins a cloud and takes over what maps of its floors know."""
        floors = tuple(FloorSpace.of(one) for one in occupancies if one.states.any())
        return cls(
            cloud=cloud.thinned(voxel),
            voxel=voxel,
            floors=floors,
            heights=tuple(floor.height for floor in floors) or (0.0,),
        )
