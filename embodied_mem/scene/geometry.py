"""The voxels of one object as bytes, and where they stand on the floor."""

import numpy as np

from embodied_mem.memory.codec.geometry import pack_geometry as pack_geometry
from embodied_mem.memory.codec.geometry import unpack_geometry as unpack_geometry
from embodied_mem.scene import voxels
from embodied_mem.types import Float32Array


def footprint(data: bytes) -> tuple[Float32Array, float]:
    """Returns the (n, 2) centres of the floor cells under an object, and their edge, in metres."""
    level, voxel, keys, _ = unpack_geometry(data)
    size = voxel * 2**level
    cells = np.unique(voxels.unpack(keys)[:, :2], axis=0)
    return ((cells + 0.5) * size).astype(np.float32), size
