"""The contact sheet: every kept snapshot with the objects that it stands for."""

import math
from pathlib import Path

import numpy as np

from embodied_mem.files import write_bytes
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import UInt8Array
from embodied_mem.viz.boxes import draw_boxes
from embodied_mem.viz.palette import Rgb
from embodied_mem.viz.reading import SnapshotEntry, encode_rgb, read_view
from embodied_mem.viz.text import draw_text, shorten, text_size

PER_PAGE = 60
"""Snapshots on one page at most; more go to further pages."""

_GROUND: Rgb = (22, 24, 29)
_CARD: Rgb = (34, 37, 44)
_INK: Rgb = (236, 238, 242)
_DIM: Rgb = (150, 156, 168)
_PAGE_WIDTH = 3200
_WIDEST_CELL, _NARROWEST_CELL = 640, 320
_GAP = 12
_CAPTION = 30
_TEXT = 15


def contact_sheet(memory: MemoryStore, path: Path) -> list[Path]:
    """Draws all kept snapshots as a near-square grid.

    Each picture shows the boxes of its cluster in strong colours with their labels, and thin
    boxes for what else is seen in it. Labels are drawn after scaling, so they stay legible.

    Args:
        memory: What to draw.
        path: PNG to write. Beyond `PER_PAGE` snapshots the later pages get `-2`, `-3`, ... before
            the suffix.

    Returns:
        The files written, in order.

    Raises:
        MemoryFileError: If a snapshot's payload is not a picture.
    """
    view = read_view(memory)
    labels = view.object_labels()
    # Pages of about the same size look better than a last page with one picture.
    pages = max(1, math.ceil(len(view.snapshots) / PER_PAGE))
    share = math.ceil(len(view.snapshots) / pages)
    written = []
    for page in range(pages):
        entries = view.snapshots[page * share : (page + 1) * share]
        target = path if page == 0 else path.with_stem(f"{path.stem}-{page + 1}")
        write_bytes(target, encode_rgb(_page(entries, labels), ".png"))
        written.append(target)
    return written


def _page(entries: list[SnapshotEntry], labels: dict[str, str]) -> UInt8Array:
    if not entries:
        return _note("no snapshots are kept in this memory")
    columns, cell_width = _grid(entries)
    cards = [_card(entry, labels, cell_width) for entry in entries]
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    heights = [max(card.shape[0] for card in row) for row in rows]
    height = sum(heights) + _GAP * (len(rows) + 1)
    width = columns * cell_width + _GAP * (columns + 1)
    sheet = np.full((height, width, 3), _GROUND, np.uint8)
    top = _GAP
    for row, row_height in zip(rows, heights, strict=True):
        for index, card in enumerate(row):
            left = _GAP + index * (cell_width + _GAP)
            sheet[top : top + card.shape[0], left : left + cell_width] = card
        top += row_height + _GAP
    return sheet


def _grid(entries: list[SnapshotEntry]) -> tuple[int, int]:
    """Columns and cell width in pixels of the grid that comes nearest to a square."""
    count = len(entries)
    aspect = float(np.median([e.fact.height / max(e.fact.width, 1) for e in entries])) + 0.06

    def badness(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = 1 - count / (rows * columns)
        return abs(math.log(rows * aspect / columns)) + empty

    columns = min(range(1, count + 1), key=badness)
    widest = max(entry.fact.width for entry in entries)
    cell = min(_PAGE_WIDTH // columns, _WIDEST_CELL, max(widest, _NARROWEST_CELL))
    return columns, cell


def _card(entry: SnapshotEntry, labels: dict[str, str], width: int) -> UInt8Array:
    """One cell: the caption over the picture."""
    picture = entry.picture()
    fact = entry.fact
    if picture is None:
        body = np.full((round(width * fact.height / max(fact.width, 1)), width, 3), _CARD, np.uint8)
        draw_text(body, "picture no longer held", (12, 12), _TEXT, _DIM)
    else:
        scale = width / picture.shape[1]
        # Boxes are in the pixels of the size that the fact states, which a payload coarsened
        # later no longer has.
        boxes = rescale_boxes(entry, picture)
        body = draw_boxes(picture, boxes, strong=fact.cluster, labels=labels, scale=scale)
    card = np.full((body.shape[0] + _CAPTION, width, 3), _CARD, np.uint8)
    card[_CAPTION:, : body.shape[1]] = body[:, :width]
    _caption(card, entry, width)
    return card


def rescale_boxes(
    entry: SnapshotEntry, picture: UInt8Array
) -> dict[str, tuple[int, int, int, int]]:
    """Returns a snapshot's pixel boxes in the pixels of its decoded picture."""
    across = picture.shape[1] / max(entry.fact.width, 1)
    down = picture.shape[0] / max(entry.fact.height, 1)
    return {
        object_id: (round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down))
        for object_id, (x0, y0, x1, y1) in entry.fact.boxes.items()
    }


def _caption(card: UInt8Array, entry: SnapshotEntry, width: int) -> None:
    number = f"#{entry.number}"
    draw_text(card, number, (10, 7), _TEXT, _INK, bold=True)
    left = 10 + text_size(number, _TEXT, bold=True)[0] + 10
    stands_for = len(entry.fact.cluster)
    right = f"{stands_for} object{'' if stands_for == 1 else 's'}"
    right_width = text_size(right, _TEXT - 2)[0]
    draw_text(card, right, (width - right_width - 10, 8), _TEXT - 2, _DIM)
    middle = f"tick {entry.fact.tick}" + (f"  ·  {entry.room}" if entry.room else "")
    middle = shorten(middle, _TEXT, width - right_width - 20 - left)
    draw_text(card, middle, (left, 7), _TEXT, _INK)


def _note(text: str) -> UInt8Array:
    sheet = np.full((120, 640, 3), _GROUND, np.uint8)
    draw_text(sheet, text, (24, 50), _TEXT, _INK)
    return sheet
