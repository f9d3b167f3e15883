"""Objects of a house known again from elsewhere, by their look alone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.perception import Embedder, Frame, InstanceSegmenter, default_stride, make_frame
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array, Float64Array, Int64Array
from embodied_mem_envs.bench.models.reid_trials import Trial
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

_EVERY: Final = 6
"""Ticks between the pictures of a walk."""
_LEAST_PIXELS: Final = 40
"""Strided pixels that an object must show: 160 x 120 of them are a picture."""
_TURNED: Final = np.cos(np.pi / 6)
"""Two views count as from elsewhere if the object is seen from directions 30 degrees apart."""
_DRAWS: Final = 3
"""Sets of candidates that each sight is tried against."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sights:
    """What a walk through one house showed, one row a mask."""

    thing: Int64Array
    """(n,) the simulator's number of the object."""
    category: tuple[str, ...]
    direction: Float64Array
    """(n, 2) unit vectors on the floor plan, from the object to the camera."""
    vectors: Mapping[str, Float32Array]
    """(n, d) by the name of the way."""
    seconds: Mapping[str, float]
    """CPU time that each way took a frame."""


def object_sights(seed: int, ways: Mapping[str, Embedder]) -> Sights:
    """Walks once through every room of a house and describes all that is seen, in every way."""
    house = generate_house(seed)
    body = HouseBody(house, camera=CameraConfig(width=640, height=480))
    body.connect()
    things: list[int] = []
    categories: list[str] = []
    eyes: list[Float64Array] = []
    middles: list[Float64Array] = []
    vectors: dict[str, list[Float32Array]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    segmenter = InstanceSegmenter(errors=None, min_pixels=_LEAST_PIXELS)
    for tick, pose in enumerate(tour(house, seed, rounds=1)):
        if tick % _EVERY:
            continue
        body.place(*pose)
        observation = body.observe()
        frame = make_frame(observation, default_stride(observation.intrinsics.width))
        found = segmenter.segment(frame)
        if not len(found):
            continue
        for name, way in ways.items():
            start = time.process_time()
            vectors[name].append(way.embed(frame, found))
            spent[name].append(time.process_time() - start)
        things += _things(frame, found)
        categories += found.categories
        eyes += [observation.T_world_camera[:2, 3]] * len(found)
        middles += _middles(frame, found)
    return Sights(
        thing=np.array(things),
        category=tuple(categories),
        direction=_directions(np.array(things), np.array(eyes), np.array(middles)),
        vectors={name: np.concatenate(rows) for name, rows in vectors.items()},
        seconds={name: float(np.mean(taken)) for name, taken in spent.items()},
    )


def object_trials(sights: Sights, rng: np.random.Generator) -> list[Trial]:
    """Returns trials: one view of an object against one view of every object of the house.

    The right candidate is another view of the same object, from another side; what is never seen
    from two sides is a candidate only.
    """
    rows_of = {int(thing): np.flatnonzero(sights.thing == thing) for thing in set(sights.thing)}
    category = np.array(sights.category)
    trials = []
    for sight in range(len(sights.thing)):
        own = rows_of[int(sights.thing[sight])]
        elsewhere = own[sights.direction[own] @ sights.direction[sight] <= _TURNED]
        if not elsewhere.size:
            continue
        for _ in range(_DRAWS):
            wrong = np.array(
                [
                    rng.choice(rows)
                    for thing, rows in sorted(rows_of.items())
                    if thing != sights.thing[sight]
                ]
            )
            trials.append(
                Trial(
                    sight=sight,
                    right=int(rng.choice(elsewhere)),
                    wrong=wrong,
                    alike=wrong[category[wrong] == category[sight]],
                )
            )
    return trials


def _things(frame: Frame, found: Segmentation) -> list[int]:
    ids = frame.observation.instance
    assert ids is not None
    strided = ids[:: frame.stride, :: frame.stride]
    return [int(strided[found.mask == k + 1][0]) for k in range(len(found))]


def _middles(frame: Frame, found: Segmentation) -> list[Float64Array]:
    inside = [(found.mask == k + 1) & frame.valid for k in range(len(found))]
    return [frame.points[mask].mean(axis=0, dtype=np.float64)[:2] for mask in inside]


def _directions(things: Int64Array, eyes: Float64Array, middles: Float64Array) -> Float64Array:
    """Returns unit vectors to the camera from the middle of all that was seen of each object."""
    centre = np.zeros_like(middles)
    for thing in set(things.tolist()):
        centre[things == thing] = middles[things == thing].mean(axis=0)
    apart = eyes - centre
    directions: Float64Array = apart / np.maximum(
        np.linalg.norm(apart, axis=1, keepdims=True), 1e-9
    )
    return directions
