"""The picture that an environment renders: what the robot sees, and what it is asked."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from embodied_mem.types import UInt8Array
from embodied_mem_envs.tasks.levels.play import Play

_HEIGHT: Final = 384
_LINE: Final = 18
_LINES: Final = 7
_INK: Final = (20, 20, 20)
_PAPER: Final = 245
_SCALE: Final = 0.45


def draw(play: Play, beside: Sequence[UInt8Array] = ()) -> UInt8Array:
    """Draws the newest picture with what belongs beside it, and the ask below.

    Args:
        play: The episode.
        beside: Further pictures of any size, such as a plan.

    Returns:
        (H, W, 3) RGB picture; its size does not change while those of `beside` do not.
    """
    seen = np.zeros((_HEIGHT, _HEIGHT, 3), np.uint8) if play.seen is None else play.seen.rgb
    ask = play.ask
    if ask is not None and ask.image is not None:
        shown = cv2.resize(ask.image, (_HEIGHT // 3, _HEIGHT // 3), interpolation=cv2.INTER_AREA)
        seen = scaled(seen).copy()
        seen[: shown.shape[0], : shown.shape[1]] = shown
    row = np.hstack([scaled(picture) for picture in (seen, *beside)])
    strip = np.full((_LINES * _LINE + 8, row.shape[1], 3), _PAPER, np.uint8)
    for index, line in enumerate(_lines(play)[:_LINES]):
        place = (6, (index + 1) * _LINE)
        cv2.putText(strip, line, place, cv2.FONT_HERSHEY_SIMPLEX, _SCALE, _INK, 1, cv2.LINE_AA)
    return np.vstack([row, strip])


def scaled(picture: UInt8Array) -> UInt8Array:
    """Scales a picture to the height of a rendered frame."""
    width = round(picture.shape[1] * _HEIGHT / picture.shape[0])
    fitted = cv2.resize(picture, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(fitted, np.uint8)


def _lines(play: Play) -> list[str]:
    lines = [f"progress {play.episode.progress:.2f}   visit {play.visit}   ticks left {play.left}"]
    if play.heard is not None:
        lines.append(f"{play.heard.partner}: {play.heard.text}")
    if play.ask is not None:
        lines.append(f"{play.ask.number + 1}. {play.ask.text}")
        lines += [f"   ({index}) {option}" for index, option in enumerate(play.ask.options)]
    elif play.judgement is not None:
        lines.append(f"{'right' if play.judgement.right else 'wrong'}: {play.judgement.reason}")
    return lines
