"""Pictures of an episode for the report: where the body stood when it replied."""

from pathlib import Path
from typing import Final, final

import cv2
import numpy as np

from embodied_mem.robots.body import Body
from embodied_mem.types import UInt8Array
from embodied_mem.viz.palette import Rgb
from embodied_mem.viz.text import draw_text, shorten
from embodied_mem_envs.tasks.episode import Ask, Judgement

MOST: Final = 3
"""Pictures of an episode at most."""

_HEIGHT: Final = 240
_LEAST_WIDTH: Final = 320
_STRIP: Final = 20
"""Pixels of a line of words under the picture."""
_RIGHT: Final[Rgb] = (22, 120, 74)
_WRONG: Final[Rgb] = (166, 42, 62)
_QUALITY: Final = 80


@final
class Album:
    """Keeps the first few views of a body that was moved for an ask."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder, self._most = folder, most
        self._view: UInt8Array | None = None
        self.names: list[str] = []
        """Files in the folder, in order."""

    def look(self, ask: Ask, body: Body | None) -> None:
        """Takes what the body sees as the ask is replied to, if it was moved for it."""
        self._view = None
        if body is not None and ask.max_ticks > 0 and len(self.names) < self._most:
            self._view = body.observe().rgb

    def caption(self, ask: Ask, reply: str, judgement: Judgement) -> None:
        """Writes the picture that was taken, with the ask, the reply and the verdict below."""
        if self._view is None:
            return
        name = f"ask-{ask.number}.jpg"
        picture = _drawn(self._view, ask, reply, judgement)
        self._folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(self._folder / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        )
        self.names.append(name)
        self._view = None


def _drawn(view: UInt8Array, ask: Ask, reply: str, judgement: Judgement) -> UInt8Array:
    """Returns the view, beside it what was shown with the ask, and three lines below."""
    shown = [_scaled(view)] if ask.image is None else [_scaled(view), _scaled(ask.image)]
    width = max(_LEAST_WIDTH, sum(each.shape[1] for each in shown))
    picture = np.full((_HEIGHT + 3 * _STRIP + 4, width, 3), 255, np.uint8)
    left = 0
    for each in shown:
        picture[:_HEIGHT, left : left + each.shape[1]] = each
        left += each.shape[1]
    ink = _RIGHT if judgement.right else _WRONG
    lines: tuple[tuple[str, Rgb], ...] = (
        (ask.text, (20, 24, 32)),
        (f"> {reply}", (20, 24, 32)),
        (judgement.reason, ink),
    )
    for number, (words, colour) in enumerate(lines):
        line = shorten(" ".join(words.split()), 13, width - 8)
        draw_text(picture, line, (4, _HEIGHT + 2 + number * _STRIP), 13, colour)
    picture[-4:] = ink
    return picture


def _scaled(picture: UInt8Array) -> UInt8Array:
    width = max(1, round(picture.shape[1] * _HEIGHT / picture.shape[0]))
    grown = picture.shape[0] < _HEIGHT
    how = cv2.INTER_LINEAR if grown else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, _HEIGHT), interpolation=how), np.uint8)
