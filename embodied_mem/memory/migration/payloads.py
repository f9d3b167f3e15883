"""Maps and shapes in another frame: pictures of cells, and voxels of objects."""

from collections.abc import Sequence

import cv2
import numpy as np

from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.codec.geometry import cells_of, keys_of, pack_geometry, unpack_geometry
from embodied_mem.memory.migration.frame import Frame, tidy
from embodied_mem.types import Float64Array, Int64Array, UInt8Array

Origin = tuple[float, float]


def read_grid(png: bytes) -> UInt8Array:
    """Decodes the states of a map, (rows, cols): 0 unknown, 1 free, 2 occupied.

    Raises:
        DamagedRecordError: If it is no grey picture.
    """
    states = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED) if png else None
    if states is None or states.ndim != 2 or states.dtype != np.uint8:
        raise DamagedRecordError("the picture of a map does not decode; `repair` drops it")
    return np.asarray(states, np.uint8)


def write_grid(states: UInt8Array) -> bytes:
    """Encodes the states of a map."""
    _, data = cv2.imencode(".png", states)
    return data.tobytes()


def moved_grid(
    states: UInt8Array, origin: Origin, cell: float, frame: Frame
) -> tuple[UInt8Array, Origin]:
    """Moves a map.

    By right angles every cell stays as it is, to the byte. By any other turn each new cell takes
    the state of the old one under its middle, so walls become ragged by up to a cell.

    Args:
        states: (rows, cols); row 0 is at the smallest y.
        origin: x and y of the lower corner of cell [0, 0], metres.
        cell: Edge of a cell, metres.
        frame: Where to.

    Returns:
        The new states and their origin.
    """
    rows, cols = states.shape
    low = (*origin, 0.0)
    high = (origin[0] + cols * cell, origin[1] + rows * cell, 0.0)
    (x, y, _), (far_x, far_y, _) = frame.box(low, high)
    start = (tidy(x), tidy(y))
    if frame.quarters is not None:
        # Rows count upwards, so a turn to the left is one to the right of the array.
        return np.ascontiguousarray(np.rot90(states, -frame.quarters)), start
    size = (int(np.ceil((far_y - y) / cell)), int(np.ceil((far_x - x) / cell)))
    row, col = np.indices(size)
    middle = np.stack([x + (col + 0.5) * cell, y + (row + 0.5) * cell], axis=-1)
    old = (middle - np.array(frame.shift[:2])) @ frame.rotation - np.array(origin)
    index = np.floor(old / cell).astype(np.int64)
    inside = ((index >= 0) & (index < (cols, rows))).all(axis=-1)
    moved = np.zeros(size, np.uint8)
    moved[inside] = states[index[inside, 1], index[inside, 0]]
    return moved, start


def moved_geometry(data: bytes, frame: Frame) -> bytes:
    """Moves the voxels of an object, which lie on a lattice through the origin of the world.

    By right angles the shape stays, and the shift is rounded to whole voxels, so that the way back
    gives the same bytes. By any other turn voxels go where their middles come to; of those that
    meet, the one seen most often stays.
    """
    level, voxel, keys, counts = unpack_geometry(data)
    size = voxel * 2**level
    cells = cells_of(keys)
    moved = _quarter_turned(cells, size, frame) if frame.quarters is not None else None
    if moved is None:
        middle = (cells + 0.5) * size
        turned: Float64Array = middle.copy()
        turned[:, :2] = middle[:, :2] @ frame.rotation.T
        moved = np.floor((turned + np.array(frame.shift)) / size).astype(np.int64)
    new = keys_of(moved)
    order = np.lexsort((-counts, new))
    new, counts = new[order], counts[order]
    first = np.diff(new, prepend=new[0] - 1) > 0
    return pack_geometry(level, voxel, new[first], counts[first])


def moved_voxels(
    data: bytes, low: Sequence[float], high: Sequence[float], frame: Frame
) -> Float64Array:
    """Returns (n, 6) lower and upper corners, metres, of the voxels in a box, with middles moved.

    Args:
        data: The packed voxels.
        low: The box's lowest corner in the old frame, metres; voxels outside were strays.
        high: Its highest.
        frame: Where to.
    """
    level, voxel, keys, _ = unpack_geometry(data)
    size = voxel * 2**level
    middle = (cells_of(keys) + 0.5) * size
    inside = ((middle >= np.array(low) - 0.5 * size) & (middle <= np.array(high) + 0.5 * size)).all(
        axis=1
    )
    moved: Float64Array = middle[inside].copy()
    moved[:, :2] = moved[:, :2] @ frame.rotation.T
    moved += np.array(frame.shift)
    return np.concatenate([moved - 0.5 * size, moved + 0.5 * size], axis=1)


def _quarter_turned(cells: Int64Array, size: float, frame: Frame) -> Int64Array:
    steps = np.rint(np.array(frame.shift) / size).astype(np.int64)
    twice = 2 * cells + 1  # the middles, in half voxels, so that a turn keeps them middles
    twice[:, :2] = twice[:, :2] @ frame.rotation.T.astype(np.int64)
    moved: Int64Array = (twice - 1) // 2 + steps
    return moved
