"""What a memory keeps and would show a model, in a form that all of them share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import msgspec
import numpy as np

from embodied_mem.brain.seeking.target import Target
from embodied_mem.errors import EvaluationError
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.types import Float32Array, Float64Array, UInt8Array
from embodied_mem_envs.evaluation.agents.peers.look import Look

Corner = tuple[float, float, float]
_FILE = "memory.msgpack"
JPEG_QUALITY = 85


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing as a memory shows it."""

    id: str
    category: str
    colour: str
    low: Corner
    high: Corner
    views: int
    first_tick: int
    last_tick: int
    visit: int
    """In which visit it was last seen."""
    pictures: tuple[int, ...] = ()
    """Numbers of the pictures, or of the texts, that show it."""
    home: int = -1
    """The picture that stands for it, where a memory has such."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A room of the memory's own map."""

    id: str
    category: str
    name: str
    centroid: tuple[float, float]
    area: float
    floor: int = 0


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that lasts of a memory, beside its pictures."""

    things: tuple[Thing, ...] = ()
    places: tuple[Place, ...] = ()
    places_of: dict[str, str] = {}
    """Thing -> room."""
    end: tuple[float, float] = (0.0, 0.0)
    """Where the walk ended."""
    notes: tuple[str, ...] = ()
    """Texts, where the memory is made of texts."""


class KeptMemory(Protocol):
    """Takes looks in by the rules of one method."""

    def take_in(self, look: Look) -> None:
        """Takes in what one picture shows."""

    def new_visit(self) -> None:
        """Hears that time went by and instance ids mean nothing any more."""

    def things(self) -> Sequence[Thing]:
        """Returns all things that what it keeps shows."""

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns those of its things that a model would be shown for a question."""

    def pictures(self) -> dict[int, UInt8Array]:
        """Returns the (H, W, 3) pictures that it keeps, by number."""

    def notes(self) -> tuple[str, ...]:
        """Returns the texts that it keeps."""


class Sum:
    """What is known of one thing from several looks at it."""

    def __init__(self, name: str, look: Look, row: int) -> None:
        shown = look.shown[row]
        self.id = name
        self.category = shown.category
        self.votes: Float32Array = shown.colour.copy()
        self.low: Float64Array = shown.low.copy()
        self.high: Float64Array = shown.high.copy()
        self.views = 1
        self.first_tick = self.last_tick = look.tick
        self.visit = look.visit
        self.pictures = [look.number]

    def add(self, look: Look, row: int) -> None:
        """Takes in one more look."""
        shown = look.shown[row]
        self.votes = self.votes + shown.colour
        self.low = np.minimum(self.low, shown.low)
        self.high = np.maximum(self.high, shown.high)
        self.views += 1
        self.last_tick, self.visit = look.tick, look.visit
        self.pictures.append(look.number)

    @property
    def middle(self) -> Float64Array:
        """(3,) of the box, m."""
        middle: Float64Array = 0.5 * (self.low + self.high)
        return middle

    def thing(self, pictures: Sequence[int] | None = None) -> Thing:
        """Returns it as a model is shown it."""
        return Thing(
            id=self.id,
            category=self.category,
            colour=COLOUR_TERMS[int(self.votes.argmax())],
            low=_corner(self.low),
            high=_corner(self.high),
            views=self.views,
            first_tick=self.first_tick,
            last_tick=self.last_tick,
            visit=self.visit,
            pictures=tuple(self.pictures if pictures is None else pictures),
        )


def save(folder: Path, stored: Stored, pictures: dict[int, UInt8Array]) -> None:
    """Writes a memory: its pictures as JPEG, the rest as one msgpack file."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    for number, picture in pictures.items():
        flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), flags)
        if not done:
            raise EvaluationError(f"picture {number} of {picture.shape} cannot be written as JPEG")
        (folder / f"{number:05d}.jpg").write_bytes(data.tobytes())
    (folder / _FILE).write_bytes(msgspec.msgpack.encode(stored))


def load(folder: Path) -> Stored:
    """Reads what `save` wrote.

    Raises:
        EvaluationError: If there is no such memory.
    """
    try:
        return msgspec.msgpack.decode((folder / _FILE).read_bytes(), type=Stored)
    except (OSError, msgspec.DecodeError) as error:
        raise EvaluationError(f"{folder} holds no memory: {error}") from error


def _corner(values: Float64Array) -> Corner:
    x, y, z = (round(float(value), 4) for value in values)
    return (x, y, z)
