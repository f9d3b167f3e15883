"""Pictures of patch walks for people."""

from collections.abc import Mapping

import numpy as np

from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem_envs.patch_walk.grid import PATCH, ROWS, STRIDE, blocks_seen, patches_of
from embodied_mem_envs.patch_walk.memories import PatchMemories
from embodied_mem_envs.patch_walk.walks import PatchWalks

_SCALE = 4
_GREY = 96
_GAP = 2


def draw_state(picture: UInt8Array, memory: PatchMemories) -> UInt8Array:
    """Returns the picture with the newcomer framed, and what of it is in memory, 4 times as large.

    Args:
        picture: (88, 88, 3).
        memory: Of one row.
    """
    framed = picture.copy()
    top, left = (int(each) * STRIDE for each in divmod(int(memory.new[0]), ROWS))
    frame = framed[top : top + PATCH, left : left + PATCH]
    frame[[0, -1]] = 255
    frame[:, [0, -1]] = 255
    seen = blocks_seen(memory.cells, memory.held)[0].reshape(ROWS + 1, -1)
    mask = seen.repeat(STRIDE, axis=0).repeat(STRIDE, axis=1)[..., None]
    held = np.where(mask, picture, np.uint8(_GREY))
    gap = np.full((len(picture), STRIDE, 3), 255, np.uint8)
    both: UInt8Array = np.concatenate([framed, gap, held], axis=1)
    return both.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)


def contact_sheet(walks: PatchWalks, drawn: Mapping[str, Float32Array]) -> UInt8Array:
    """Returns a strip for each episode: the asked patches, and below what was drawn of them.

    Args:
        walks: B episodes.
        drawn: By name, (B, R, 16, 16, 3) of 0 to 1; a row of each strip, in this order.
    """
    rows = np.arange(len(walks))[:, None]
    true = patches_of(walks.pictures)[rows, walks.asked]
    strips = []
    for episode in range(len(walks)):
        parts = [true[episode]]
        parts += [(255 * each[episode]).round().astype(np.uint8) for each in drawn.values()]
        strips += [_row(part) for part in parts]
        strips.append(np.full((3 * _GAP, strips[-1].shape[1], 3), 255, np.uint8))
    sheet: UInt8Array = np.concatenate(strips)
    return sheet.repeat(2, axis=0).repeat(2, axis=1)


def _row(patches: UInt8Array) -> UInt8Array:
    padded = np.pad(patches, ((0, 0), (_GAP, 0), (_GAP, 0), (0, 0)), constant_values=255)
    return np.concatenate(list(padded), axis=1)
