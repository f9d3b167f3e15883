"""Connected pieces of one colour, and which of them lie against each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.perception.components import Contacts, linked_components
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import (
    AnyArray,
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    IntArray,
    UInt8Array,
)

_HUE_STEP: Final = np.float32(0.035)
"""Difference of the shares of red, green and blue from which on two pixels differ in colour."""
_DARK_STEP: Final = np.float32(4.0)
"""That difference grows by this over the pixels' brightness (sum of the channels)."""
_SHADE: Final = np.float32(2.2)
"""Ratio of brightness that shading explains between neighbours."""
_GAP: Final = np.float32(0.014)
"""Metres between neighbouring pixels' points from which on they belong to different things."""
_FEWEST: Final = 5
"""Pixels of a piece that is looked at."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pieces:
    """Pieces of a picture, numbered from 1 in `labels`; row k of the arrays is piece k + 1."""

    labels: IntArray
    """(h, w) of the part of the picture that `corner` and its shape give; 0 for no piece."""
    corner: tuple[int, int]
    """First row and column of that part."""
    pixels: Int64Array
    """(n,) how many pixels each has."""
    contacts: Contacts
    """Neighbours whose points are close, whatever their colours."""
    nested: Contacts
    """Neighbours in the picture, however far their points are apart."""

    def __len__(self) -> int:
        return len(self.pixels)


def find_pieces(view: View, mask: BoolArray) -> Pieces | None:
    """Cuts the foreground into connected pieces of one colour; None where there is none.

    Args:
        view: A picture.
        mask: (H, W) the foreground.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    nodes = mask[part]
    points, rgb = view.points[part], view.rgb[part]
    gap = _GAP + np.float32(3.0 * view.noise)
    links, close = [], []
    for one, other in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        pairs = np.nonzero(nodes[one] & nodes[other])
        apart = points[one][pairs] - points[other][pairs]
        near = np.einsum("ij,ij->i", apart, apart) < gap * gap
        linked = near & _alike(rgb[one][pairs], rgb[other][pairs])
        shape = nodes[one].shape
        close.append(_drawn(shape, pairs, near))
        links.append(_drawn(shape, pairs, linked))
    labels = linked_components(nodes, links[0], links[1])
    count = int(labels.max())
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    kept = pixels >= _FEWEST
    if not kept.any():
        return None
    numbers = np.append(0, np.cumsum(kept) * kept).astype(np.int32)
    labels = numbers[labels]
    everywhere = [np.ones(each.shape, bool) for each in close]
    return Pieces(
        labels=labels,
        corner=(int(rows[0]), int(columns[0])),
        pixels=pixels[kept],
        contacts=Contacts.of(labels, close[0], close[1]),
        nested=Contacts.of(labels, everywhere[0], everywhere[1]),
    )


def chroma(rgb: UInt8Array) -> tuple[Float32Array, Float32Array]:
    """Returns (..., 3) shares of red, green and blue, and (...) their sum, at least 1.

    Shares do not change with the light that falls on a surface; the sum does.
    """
    colour = rgb.astype(np.float32)
    total = np.maximum(colour.sum(axis=-1), np.float32(1.0))
    return colour / total[..., None], total


def _alike(one: UInt8Array, other: UInt8Array) -> BoolArray:
    """Tells which of (n, 3) colours are one in another light."""
    (first, bright), (second, dark) = chroma(one), chroma(other)
    least, most = np.minimum(bright, dark), np.maximum(bright, dark)
    step = _HUE_STEP + _DARK_STEP / least
    alike: BoolArray = np.abs(first - second).max(axis=1) < step
    alike &= most < _SHADE * least + 12
    return alike


def _drawn(shape: tuple[int, ...], where: tuple[AnyArray, ...], values: BoolArray) -> BoolArray:
    drawn = np.zeros(shape, bool)
    drawn[where] = values
    return drawn


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Borders:
    """What surrounds each piece; (n,) shares of its outline."""

    arm: Float64Array
    """Against pixels of the arm."""
    hidden: Float64Array
    """Against something nearer to the camera, or the edge of the picture."""
    outline: Float64Array
    """(n,) length of the outline in pixel sides."""


def piece_borders(view: View, pieces: Pieces, arm: BoolArray) -> Borders:
    """Tells how much of each piece's outline is cut off rather than its own."""
    height, width = pieces.labels.shape
    top, left = pieces.corner
    whole_height, whole_width = view.depth.shape
    rows = slice(max(top - 1, 0), min(top + height + 1, whole_height))
    columns = slice(max(left - 1, 0), min(left + width + 1, whole_width))
    labels = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.int32)
    inner = (
        slice(top - rows.start, top - rows.start + height),
        slice(left - columns.start, left - columns.start + width),
    )
    labels[inner] = pieces.labels
    depth, covered = view.depth[rows, columns], arm[rows, columns]
    count = len(pieces) + 1
    outline, by_arm, by_other = (np.zeros(count) for _ in range(3))
    for one, other in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        for own, beside in ((one, other), (other, one)):
            edge = np.flatnonzero((labels[own] != labels[beside]) & (labels[own] > 0))
            who = labels[own].ravel()[edge]
            outline += np.bincount(who, minlength=count)
            at_arm = covered[beside].ravel()[edge]
            nearer = depth[beside].ravel()[edge] < depth[own].ravel()[edge] - 0.012
            by_arm += np.bincount(who, at_arm, minlength=count)
            by_other += np.bincount(who, nearer & ~at_arm, minlength=count)
    for edge, at_end in (
        (labels[0], rows.start == 0),
        (labels[-1], rows.stop == whole_height),
        (labels[:, 0], columns.start == 0),
        (labels[:, -1], columns.stop == whole_width),
    ):
        if at_end:
            by_other += np.bincount(edge, minlength=count)
            outline += np.bincount(edge, minlength=count)
    total = np.maximum(outline[1:], 1.0)
    return Borders(arm=by_arm[1:] / total, hidden=by_other[1:] / total, outline=total)
