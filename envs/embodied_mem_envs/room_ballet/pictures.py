"""What a room with a dancer looks like: 5 x 5 squares of 9 x 9 pixels.

A picture is a room of 3 x 3 squares and the walls around it, with one dancer in it: one of `SHAPES`
in one of `COLOURS`. So there are only `SQUARES` different squares and `len(FRAMES)` different
pictures in the whole game, numbered here:

- square 0 is the floor, 1 the wall, and 2 + appearance a dancer;
- appearance = colour * 15 + shape;
- picture = appearance * 9 + position, row by row from the upper left; position 4 is the centre.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from embodied_mem.types import AnyArray, Int64Array, UInt8Array

COLOURS: Final = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "brown": (128, 64, 0),
    "pink": (255, 64, 255),
    "cyan": (0, 255, 255),
    "dark green": (0, 100, 0),
    "dark red": (100, 0, 0),
    "dark blue": (0, 0, 100),
    "olive": (100, 100, 0),
    "teal": (0, 100, 100),
    "lavender": (215, 200, 255),
    "peach": (255, 210, 170),
    "rose": (255, 205, 230),
    "light green": (200, 255, 200),
    "light yellow": (255, 255, 200),
}
SHAPES: Final = (
    *("triangle", "frame", "plus", "hollow plus", "cross", "hollow cross", "disc", "ring", "tee"),
    *("upturned tee", "aitch", "cup", "upturned cup", "upright stripes", "level stripes"),
)
SQUARE: Final = 9
"""Pixels from side to side."""
ROOM: Final = 5
"""Squares from side to side, with the walls."""
POSITIONS: Final = 9
"""Where in its room a dancer can be."""
CENTRE: Final = 4
FLOOR, WALL, FIRST_DANCER = 0, 1, 2
APPEARANCES: Final = len(COLOURS) * len(SHAPES)
SQUARES: Final = FIRST_DANCER + APPEARANCES
_WALL_COLOUR: Final = (110, 110, 110)


def _frames() -> Int64Array:
    room = np.full((APPEARANCES, POSITIONS, ROOM, ROOM), WALL, np.int64)
    room[:, :, 1:-1, 1:-1] = FLOOR
    for position in range(POSITIONS):
        row, column = divmod(position, 3)
        room[:, position, 1 + row, 1 + column] = FIRST_DANCER + np.arange(APPEARANCES)
    room.setflags(write=False)
    return room.reshape(-1, ROOM, ROOM)


FRAMES: Final = _frames()
"""(2565, 5, 5) int64, the squares of every picture that there is."""


def _masks() -> UInt8Array:
    """Returns (15, 9, 9), 1 where a shape has its colour."""
    row, column = np.mgrid[-4:5, -4:5]
    across, down, far = abs(column), abs(row), np.hypot(row, column)
    inside = (across < 4) & (down < 4)
    plus, cross = (across < 2) | (down < 2), abs(across - down) < 2
    masks = {
        "triangle": 2 * across <= row + 3,
        "frame": ~((across < 3) & (down < 3)),
        "plus": plus,
        "hollow plus": ~plus,
        "cross": cross,
        "hollow cross": ~cross,
        "disc": far < 4,
        "ring": (far < 4) & (far > 2),
        "tee": (row < -1) | (across < 2),
        "upturned tee": (row > 1) | (across < 2),
        "aitch": (across > 1) | (down < 2),
        "cup": (across > 1) | (row > 1),
        "upturned cup": (across > 1) | (row < -1),
        "upright stripes": column % 2 == 1,
        "level stripes": row % 2 == 1,
    }
    return np.array([masks[name] & inside for name in SHAPES], np.uint8)


@lru_cache(maxsize=1)
def square_pictures() -> UInt8Array:
    """Returns (SQUARES, 9, 9, 3) what each square looks like."""
    masks, colours = _masks(), np.array([*COLOURS.values()], np.uint8)
    dancers = colours[:, None, None, None] * masks[None, ..., None]
    pictures = np.zeros((SQUARES, SQUARE, SQUARE, 3), np.uint8)
    pictures[WALL] = _WALL_COLOUR
    pictures[FIRST_DANCER:] = dancers.reshape(APPEARANCES, SQUARE, SQUARE, 3)
    pictures.setflags(write=False)
    return pictures


@lru_cache(maxsize=1)
def frame_pictures() -> UInt8Array:
    """Returns (2565, 45, 45, 3) the picture of each of `FRAMES`; 16 MB, for whoever draws many."""
    pictures = pixels(FRAMES)
    pictures.setflags(write=False)
    return pictures


def pixels(frames: AnyArray) -> UInt8Array:
    """Returns (..., 45, 45, 3) the pictures of rooms that are given as squares (..., 5, 5)."""
    frames = np.asarray(frames)
    drawn = square_pictures()[frames]
    drawn = np.moveaxis(drawn, -3, -4)
    side = ROOM * SQUARE
    picture: UInt8Array = drawn.reshape(*frames.shape[:-2], side, side, 3)
    return picture


def appearance(colour: AnyArray, shape: AnyArray) -> AnyArray:
    """Returns the number of a dancer's looks; both arguments broadcast."""
    number: AnyArray = np.asarray(colour) * len(SHAPES) + np.asarray(shape)
    return number


def frame_of(looks: AnyArray, position: AnyArray | int) -> AnyArray:
    """Returns the number in `FRAMES` of a dancer of these looks at a position of its room."""
    number: AnyArray = np.asarray(looks) * POSITIONS + np.asarray(position)
    return number
