"""Crops of things, rendered in generated houses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem.types import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    Intrinsics,
    Observation,
    UInt8Array,
)
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.tasks.label_expansion.features import SIZE, crop_features
from embodied_mem_envs.tasks.label_expansion.tree import LabelTree, draw_tree, drawable
from embodied_mem_envs.tasks.sight import look_at

PICTURE: Final = 32
"""Height and width of a crop, pixels."""
_CAMERA: Final = Intrinsics.from_hfov(96, 72, 1.13)
_EYE: Final = 1.25
_LEAST_PIXELS: Final = 60
_VIEWS: Final = 2
_DRAWS: Final = 20
"""So many times houses are drawn until they hold enough; the first time nearly always does."""
_FEWEST: Final = (3, 1)
"""Things of a category that the houses of the stream and the held-out houses must hold."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Crops:
    """Rows of crops."""

    features: Float32Array
    """(n, 20), see `features.crop_features`."""
    pictures: UInt8Array
    """(n, 32, 32, 3) RGB."""
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.categories)

    def of(self, categories: Iterable[str]) -> Int64Array:
        """Returns the rows of some categories."""
        wanted = frozenset(categories)
        return np.flatnonzero([each in wanted for each in self.categories])


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What an episode is made of."""

    tree: LabelTree
    stream: Crops
    """From some houses."""
    held_out: Crops
    """From other houses: what the labels are asked of."""


@lru_cache(maxsize=4)
def make_material(
    seed: int,
    *,
    houses: int,
    held_out: int,
    depth: int,
    groups: int,
    categories: int,
    rooms: int | None = None,
) -> Material:
    """Draws houses and labels, and renders all crops; the last few are kept in memory.

    Args:
        seed: Of everything.
        houses: Whose things are in the stream.
        held_out: Houses besides, whose things are not.
        depth: Of the tree of labels, 2 or 3.
        groups: How many groups of things.
        categories: How many categories of each group at most.
        rooms: Of every house; drawn where None.

    Raises:
        HouseError: If the houses hold too few kinds of things.
    """
    rng = np.random.default_rng([seed, 59])
    built, enough = _furnished(rng, (houses, held_out), rooms, groups)
    tree = draw_tree(enough, rng, depth=depth, groups=groups, categories=categories)
    return Material(
        tree=tree,
        stream=_render(built[:houses], tree, rng),
        held_out=_render(built[houses:], tree, rng),
    )


def _furnished(
    rng: np.random.Generator, wanted: tuple[int, int], rooms: int | None, groups: int
) -> tuple[list[House], dict[str, int]]:
    """Draws houses until they hold enough groups of things, and counts the things to draw from.

    Raises:
        HouseError: If no houses do.
    """
    houses, held_out = wanted
    config = HouseConfig(rooms=rooms)
    for _ in range(_DRAWS):
        numbers = rng.integers(1 << 31, size=houses + held_out).tolist()
        built = [generate_house(number, config) for number in numbers]
        seen, other = (_counts(part) for part in (built[:houses], built[houses:]))
        enough = {
            category: count
            for category, count in seen.items()
            if count >= _FEWEST[0] and other[category] >= _FEWEST[1]
        }
        if len(drawable(enough)) >= groups:
            return built, enough
    raise HouseError(f"{houses} and {held_out} houses hold fewer than {groups} groups of things")


def _counts(houses: Sequence[House]) -> Counter[str]:
    return Counter(thing.category for house in houses for thing in house.objects)


def _render(houses: Sequence[House], tree: LabelTree, rng: np.random.Generator) -> Crops:
    features: list[Float32Array] = []
    pictures: list[UInt8Array] = []
    names: list[str] = []
    for house in houses:
        renderer = HouseRenderer(house)
        spots = _spots(house)
        instances = {thing: number for number, thing in house.instance_to_object.items()}
        for thing in house.objects:
            if thing.category not in tree.path_of:
                continue
            for eye in _eyes(thing, spots, rng):
                seen = _look(renderer, eye, thing, instances[thing.id])
                if seen is not None:
                    features.append(seen[0])
                    pictures.append(seen[1])
                    names.append(thing.category)
    return Crops(
        features=np.array(features, np.float32).reshape(-1, SIZE),
        pictures=np.array(pictures, np.uint8).reshape(-1, PICTURE, PICTURE, 3),
        categories=tuple(names),
    )


def _spots(house: House) -> Float64Array:
    """Returns (n, 2) where a body can stand."""
    cell = 0.2
    mask, origin = house.reachable_floor(cell=cell)
    rows = np.argwhere(mask)
    spots: Float64Array = np.asarray(origin) + (rows[:, ::-1] + 0.5) * cell
    return spots


def _eyes(
    thing: HouseObject, spots: Float64Array, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """Draws places from which a thing fills a good part of the picture."""
    gaps = np.hypot(*(spots - thing.position[:2]).T)
    largest = max(thing.size)
    near = np.flatnonzero((gaps > max(0.6, 0.8 * largest)) & (gaps < max(1.6, 2.2 * largest)))
    if len(near) == 0:
        return []
    chosen = spots[near[rng.integers(len(near), size=_VIEWS)]]
    return [(float(x), float(y), _EYE) for x, y in chosen]


def _look(
    renderer: HouseRenderer, eye: tuple[float, float, float], thing: HouseObject, instance: int
) -> tuple[Float32Array, UInt8Array] | None:
    """Returns features and picture of a thing, None where too little of it shows."""
    pose = look_at(eye, thing.position)
    view = renderer.render(pose, _CAMERA)
    mask = view.instance == instance
    if int((mask & (view.depth > 0.0)).sum()) < _LEAST_PIXELS:
        return None
    observation = Observation(
        rgb=view.rgb,
        depth=view.depth,
        intrinsics=_CAMERA,
        T_world_camera=pose,
        T_world_body=np.eye(4),
        tick=0,
    )
    return crop_features(observation, mask), _cut(view.rgb, mask)


def _cut(rgb: UInt8Array, mask: BoolArray) -> UInt8Array:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = np.ascontiguousarray(rgb[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    cut: UInt8Array = cv2.resize(part, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA).astype(
        np.uint8
    )
    return cut
