"""Calls to measure a server with: questions to a memory, the kind of call that the brain makes.

Whether an answer is of use can be told: what is asked for stands in the prompt or in the picture.
That is what keeps settings honest that save by showing less or cutting short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import cv2
import msgspec
import numpy as np

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Message
from embodied_mem.models.tuning.choices import Judge
from embodied_mem.models.tuning.space import Setting

_COLOURS: Final = [
    "red",
    "green",
    "blue",
    "white",
    "black",
    "grey",
    "brown",
    "yellow",
    "orange",
    "purple",
]
_THINGS: Final = [
    "mug",
    "book",
    "lamp",
    "plate",
    "chair",
    "towel",
    "bottle",
    "phone",
    "basket",
    "vase",
    "clock",
    "bowl",
]
_ROOMS: Final = ["kitchen", "hall", "bathroom", "bedroom", "office", "cellar", "attic", "porch"]
_WIDTH, _HEIGHT, _LETTERS = 1024, 768, 0.045
"""Of a picture, px; and the height of what is written in it, of its own."""
_SYSTEM: Final = (
    "You answer questions from a robot's memory. Answer in JSON: a short thought, and the answer "
    "in one or two words as they are written."
)


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    """What an answer must be."""

    thought: str
    answer: str


SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "maxLength": 120},
        "answer": {"type": "string", "maxLength": 40},
    },
    "required": ["thought", "answer"],
    "additionalProperties": False,
}


@final
@dataclass(frozen=True, kw_only=True)
class Probe:
    """One call, and what its answer should be."""

    messages: tuple[Message, ...]
    answer: str


@final
class Workload:
    """Makes probes: number and setting say which.

    Args:
        judge: When an answer is of use. `form` is for models that know nothing.
        seed: Of what is asked; no two probes have a prompt in common but for its first lines, so
            that a server's memory of prompts does not flatter it.
    """

    def __init__(self, *, judge: Judge = "content", seed: int = 0) -> None:
        self.judge = judge
        self._seed = seed

    def probe(self, number: int, setting: Setting) -> Probe:
        """Returns a question about records, or about a picture where the setting has one."""
        rng = np.random.default_rng([self._seed, number])
        places = rng.permutation(_PLACES)[: max(setting.records, 1)]
        shelves = rng.integers(10, 100, len(places))
        lines = [
            f"record {index}: a {_COLOURS[place % 10]} {_THINGS[place // 10 % 12]} seen in the "
            f"{_ROOMS[place // 120]} on shelf {shelf}"
            for index, (place, shelf) in enumerate(zip(places, shelves, strict=True))
        ]
        if setting.image_size:
            text = "\n".join([*lines, "Which number is written in the picture?"])
            message = Message(role="user", text=text, images=(f"probe-{_shown(rng)}",))
            return Probe(messages=(_ASKED, message), answer=message.images[0].split("-")[1])
        asked = int(rng.integers(len(places)))
        place = places[asked]
        thing = f"{_COLOURS[place % 10]} {_THINGS[place // 10 % 12]}"
        question = f"On which shelf of the {_ROOMS[place // 120]} is the {thing}?"
        message = Message(role="user", text="\n".join([*lines, question]))
        return Probe(messages=(_ASKED, message), answer=str(shelves[asked]))

    def trouble(self, probe: Probe, text: str) -> str:
        """Returns why an answer is of no use; empty where it is."""
        inner = text[max(text.find("{"), 0) : text.rfind("}") + 1]
        try:
            reply = msgspec.json.decode(inner.encode(), type=Reply)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            return f"{str(error)[:120]} in {text[:80]!r}"
        if self.judge == "form" or probe.answer in reply.answer.split():
            return ""
        return f"the answer was {reply.answer[:40]!r}; right is {probe.answer!r}"

    @staticmethod
    def picture(handle: str) -> bytes:
        """Returns the picture of a probe as a JPEG file: a number on a wall of many colours.

        Raises:
            ModelError: If the handle is of no probe.
        """
        name, _, number = handle.partition("-")
        if name != "probe" or not number.isdigit():
            raise ModelError(f"{handle!r} is no picture of a probe")
        rng = np.random.default_rng(int(number))
        coarse = rng.integers(90, 256, (6, 8, 3), np.uint8)
        wall = cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
        scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, int(_LETTERS * _HEIGHT), 3)
        at = (int(rng.integers(40, _WIDTH - 200)), int(rng.integers(80, _HEIGHT - 40)))
        cv2.putText(wall, number, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 3, cv2.LINE_AA)
        return cv2.imencode(".jpg", wall, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


_PLACES: Final = len(_COLOURS) * len(_THINGS) * len(_ROOMS)
_ASKED: Final = Message(role="system", text=_SYSTEM)


def _shown(rng: np.random.Generator) -> int:
    return int(rng.integers(100, 1000))
