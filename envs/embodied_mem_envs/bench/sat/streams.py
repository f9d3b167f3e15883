"""Streams of frames with short events in them, of which it is known when each was to be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from embodied_mem.memory.stream import PictureCarrier
from embodied_mem.types import Float32Array, Float64Array, Int64Array, UInt8Array
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, House, HouseBody, generate_house

SHORTEST: Final = 3
LONGEST: Final = 7
"""Frames of an event."""
_WIDTH, _HEIGHT = 64, 48
_STEP: Final = 0.025
"""Metres between two frames of a walk: 0.75 m/s at 30 frames a second."""
_TURN: Final = np.pi / 90
"""Radians between two frames of a turn: 60 degrees a second."""
_GREY: Final = 4.0
"""Standard deviation of a camera's noise, grey levels."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EventStream:
    """Vectors of a stream, and what happened in it."""

    vectors: Float32Array
    """(T, D) one a frame, as a buffer takes them in."""
    event: Int64Array
    """(T,) number of the event that each frame shows, -1 for none."""
    looks: Float32Array
    """(E, D) what each event looks like by itself, free of noise."""


def event_times(frames: int, events: int, rng: np.random.Generator) -> Int64Array:
    """Draws (frames,) numbers of events, -1 for none: a few frames each, never two at once."""
    period = frames // events
    when = np.full(frames, -1)
    for number in range(events):
        length = int(rng.integers(SHORTEST, LONGEST + 1))
        start = number * period + int(rng.integers(0, period - LONGEST))
        when[start : start + length] = number
    return when


def drifting_stream(
    seed: int, *, frames: int, events: int, dimension: int = 256, noise: float = 0.3
) -> EventStream:
    """Makes a background that drifts to wherever chance takes it, with events of random looks.

    Args:
        seed: Of all that is drawn.
        frames: T.
        events: E.
        dimension: D.
        noise: Length of the noise on each frame, of a signal of length 1.
    """
    rng = np.random.default_rng([seed, 1])
    when = event_times(frames, events, rng)
    looks = _units(rng.normal(size=(events, dimension)))
    background = _units(rng.normal(size=(1, dimension)))[0]
    vectors = np.empty((frames, dimension), np.float32)
    for tick in range(frames):
        background = background + 0.05 * rng.normal(size=dimension) / np.sqrt(dimension)
        background /= np.linalg.norm(background)
        shown = background if when[tick] < 0 else looks[when[tick]]
        vectors[tick] = shown + noise * rng.normal(size=dimension) / np.sqrt(dimension)
    return EventStream(vectors=vectors, event=when, looks=looks.astype(np.float32))


def walk_stream(seed: int, *, frames: int, events: int) -> EventStream:
    """Renders a walk through a house as a camera sees it, with things held up before it.

    Thirty frames a second of 64 x 48 pixels with a camera's noise; each event is a card of colours
    that are its own, which hides a quarter to half of the picture.
    """
    rng = np.random.default_rng([seed, 2])
    when = event_times(frames, events, rng)
    cards = [_card(rng) for _ in range(events)]
    carrier = PictureCarrier()
    vectors = np.empty((frames, carrier.dimension), np.float32)
    for tick, picture in zip(
        range(frames), walk_pictures(generate_house(seed), seed), strict=False
    ):
        shown = picture if when[tick] < 0 else _hold_up(picture, *cards[when[tick]])
        noisy = shown + rng.normal(0.0, _GREY, shown.shape)
        vectors[tick] = carrier(np.clip(noisy, 0, 255).astype(np.uint8))
    grey = np.full((_HEIGHT, _WIDTH, 3), 128, np.uint8)
    looks = np.stack([carrier.still(_hold_up(grey, *card)) for card in cards])
    return EventStream(vectors=vectors, event=when, looks=looks)


def walk_pictures(house: House, seed: int) -> Iterator[UInt8Array]:
    """Renders a walk without end, as smooth as a video."""
    body = HouseBody(house, camera=CameraConfig(width=_WIDTH, height=_HEIGHT))
    body.connect()
    for x, y, yaw in _smooth(tour(house, seed)):
        body.place(x, y, yaw)
        yield body.observe().rgb


def _smooth(
    poses: Iterator[tuple[float, float, float]],
) -> Iterator[tuple[float, float, float]]:
    """Puts poses between those of a tour, so that none is far from the last one."""
    last = np.array(next(poses))
    for pose in poses:
        change = np.array(pose) - last
        change[2] = (change[2] + np.pi) % (2 * np.pi) - np.pi
        parts = np.ceil(max(np.hypot(*change[:2]) / _STEP, abs(change[2]) / _TURN, 1.0) - 1e-9)
        for part in range(1, int(parts) + 1):
            x, y, yaw = last + change * part / parts
            yield float(x), float(y), float(yaw)
        last = last + change


def _card(rng: np.random.Generator) -> tuple[UInt8Array, tuple[int, int]]:
    """Draws a card of coloured fields, (h, w, 3), and where its corner is."""
    height, width = int(rng.integers(26, 35)), int(rng.integers(32, 45))
    fields = rng.integers(0, 256, (3, 4, 3), np.uint8)
    card = cv2.resize(fields, (width, height), interpolation=cv2.INTER_NEAREST)
    corner = int(rng.integers(0, _HEIGHT - height)), int(rng.integers(0, _WIDTH - width))
    return np.asarray(card, np.uint8), corner


def _hold_up(picture: UInt8Array, card: UInt8Array, corner: tuple[int, int]) -> UInt8Array:
    shown, (row, col) = picture.copy(), corner
    shown[row : row + card.shape[0], col : col + card.shape[1]] = card
    return shown


def _units(rows: Float64Array) -> Float64Array:
    units: Float64Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units
