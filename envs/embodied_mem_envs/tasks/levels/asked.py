"""What both levels show of the open ask."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from gymnasium import spaces

from embodied_mem.types import AnyArray, UInt8Array
from embodied_mem_envs.tasks.episode import Ask
from embodied_mem_envs.tasks.levels.play import Play
from embodied_mem_envs.tasks.levels.texts import encode, encode_all

FORMS: Final = ("words", "stop", "places")
PICTURE: Final = 64
"""Side of the picture of an ask, pixels."""
_MOST_VISITS: Final = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedConfig:
    """How much of an ask is shown."""

    options: int = 4
    """Options that can be chosen; of an ask with more, the first so many. 0 for tasks without."""
    text_bytes: int = 160
    """Bytes of the ask and of what was heard."""
    option_bytes: int = 80
    """Bytes of each option."""


def asked_spaces(config: AskedConfig) -> dict[str, spaces.Space[AnyArray]]:
    """Returns the spaces of `asked_observation`."""
    parts: dict[str, spaces.Space[AnyArray]] = {
        "ask": spaces.Box(0, 255, (config.text_bytes,), np.uint8),
        "ask_image": spaces.Box(0, 255, (PICTURE, PICTURE, 3), np.uint8),
        "form": spaces.Box(0.0, 1.0, (len(FORMS),), np.float32),
        "heard": spaces.Box(0, 255, (config.text_bytes,), np.uint8),
        "remaining": spaces.Box(0.0, 1.0, (1,), np.float32),
        "visit": spaces.Box(0.0, _MOST_VISITS, (1,), np.float32),
    }
    if config.options > 0:
        size = config.options * config.option_bytes
        parts["options"] = spaces.Box(0, 255, (size,), np.uint8)
    return parts


def asked_observation(play: Play, config: AskedConfig) -> dict[str, AnyArray]:
    """Returns the open ask in arrays; zeros where nothing is asked."""
    ask, heard = play.ask, play.heard
    spoken = "" if heard is None else f"{heard.partner}: {heard.text}"
    left = play.left / ask.max_ticks if ask is not None and ask.max_ticks > 0 else 0.0
    form = np.zeros(len(FORMS), np.float32)
    if ask is not None:
        form[FORMS.index(ask.form)] = 1.0
    parts: dict[str, AnyArray] = {
        "ask": encode(_said(ask), config.text_bytes),
        "ask_image": _picture(ask),
        "form": form,
        "heard": encode(spoken, config.text_bytes),
        "remaining": np.array([left], np.float32),
        "visit": np.array([min(play.visit, _MOST_VISITS)], np.float32),
    }
    if config.options > 0:
        options = ask.options if ask is not None else ()
        parts["options"] = encode_all(options, config.options, config.option_bytes)
    return parts


def _said(ask: Ask | None) -> str:
    if ask is None:
        return ""
    return f"{ask.partner}: {ask.text}" if ask.partner else ask.text


def _picture(ask: Ask | None) -> UInt8Array:
    if ask is None or ask.image is None:
        return np.zeros((PICTURE, PICTURE, 3), np.uint8)
    return np.asarray(
        cv2.resize(ask.image, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA), np.uint8
    )
