"""Smooth text for pictures, drawn with the font that matplotlib carries."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem.viz.palette import Rgb, ink_on

PADDING = 3
"""Pixels between a label's text and its edge."""


@lru_cache(maxsize=2)
def _font(bold: bool) -> Any:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name))


@lru_cache(maxsize=4096)
def _mask(text: str, size: int, bold: bool) -> Float32Array:
    font = _font(bold)
    known = font.get_charmap()
    font.set_size(size, 72)
    # A character outside the font would make FreeType warn and draw a box.
    font.set_text("".join(c if ord(c) in known else "?" for c in text) or " ")
    font.draw_glyphs_to_bitmap(antialiased=True)
    glyphs = np.asarray(font.get_image(), dtype=np.float32) / 255
    ascent, height = round(0.93 * size), round(1.17 * size)
    top = ascent - (glyphs.shape[0] - round(font.get_descent() / 64))
    mask = np.zeros((height, glyphs.shape[1]), np.float32)
    low, high = max(top, 0), min(top + glyphs.shape[0], height)
    mask[low:high] = glyphs[low - top : high - top]
    return mask


def text_size(text: str, size: int, *, bold: bool = False) -> tuple[int, int]:
    """Returns the width and the line height of a text in pixels, at a size in pixels an em."""
    height, width = _mask(text, size, bold).shape
    return width, height


def label_size(text: str, size: int, *, bold: bool = False) -> tuple[int, int]:
    """Returns the width and height of a label: the text with its padding."""
    width, height = text_size(text, size, bold=bold)
    return width + 2 * PADDING + 2, height + 2


def draw_text(
    picture: UInt8Array, text: str, at: tuple[int, int], size: int, ink: Rgb, *, bold: bool = False
) -> None:
    """Draws a line of text into an RGB picture, cut off at its edges.

    Args:
        picture: (H, W, 3) changed in place.
        text: One line; a character that the font lacks becomes a question mark.
        at: Pixel x, y of the line's upper left corner; may lie outside.
        size: Pixels an em.
        ink: Colour.
        bold: Whether to use the bold cut.
    """
    mask = _mask(text, size, bold)
    x, y = at
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + mask.shape[1], picture.shape[1]), min(y + mask.shape[0], picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    alpha = mask[y0 - y : y1 - y, x0 - x : x1 - x, None]
    patch = picture[y0:y1, x0:x1]
    patch[:] = np.rint(patch * (1 - alpha) + np.asarray(ink, np.float32) * alpha)


def draw_label(picture: UInt8Array, text: str, at: tuple[int, int], size: int, ground: Rgb) -> None:
    """Draws a text on a filled plate of `label_size`, its ink chosen to read on the plate."""
    width, height = label_size(text, size, bold=True)
    x, y = at
    picture[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = ground
    draw_text(picture, text, (x + PADDING + 1, y + 1), size, ink_on(ground), bold=True)


def shorten(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """Cuts a text, with an ellipsis, so that it is at most `width` pixels wide."""
    if text_size(text, size, bold=bold)[0] <= width:
        return text
    for end in range(len(text) - 1, 0, -1):
        short = text[:end].rstrip() + "…"
        if text_size(short, size, bold=bold)[0] <= width:
            return short
    return ""
