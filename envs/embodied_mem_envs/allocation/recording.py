"""Records the streams of candidates: real walks, the real scene layer, one item a picture.

`python -m embodied_mem_envs.allocation.recording --out streams.npz` makes the asset again.
"""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import tyro
from numpy.typing import NDArray

from embodied_mem.allocation.groups import group_of, room_index
from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem.types import Float32Array
from embodied_mem_envs.allocation.recording_walk import HouseWalk, Picture, WalkConfig
from embodied_mem_envs.allocation.stream_file import join_streams, load_streams, save_streams
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams
from embodied_mem_envs.house import generate_house

TRAINING_SEED: Final = 3000
HELD_OUT_SEED: Final = 4000
Indices = NDArray[np.int16]
_DIMENSION: Final = 16
_PROJECTION_SEED: Final = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """What a picture shows in the end, best view first."""

    picture: Picture
    rows: list[int]
    versions: list[int]
    quality: list[float]


def record_stream(
    seed: int, config: WalkConfig | None = None, *, held_out: bool = False
) -> Streams:
    """Walks one house and returns what was offered to the memory.

    Who is who, and where the places are, is told as the scene knows it in the end: a thing that
    was moved, and was first taken for a new one, is the same thing in all of the stream, with a
    version that is higher by one from its first view at the new place on. That a thing was moved
    is what the scene found out, not the truth.

    Args:
        seed: Of the house, the way through it, the moves and the errors of the detector.
        config: How it is walked.
        held_out: Whether it is for evaluation only.

    Raises:
        HouseError: If too few things of the house have somewhere else to go.
        EvaluationError: If nothing was seen on the walk.
    """
    walk = HouseWalk(seed, config or WalkConfig())
    return stream_of(walk, list(walk.pictures()), held_out=held_out)


def stream_of(walk: HouseWalk, offered: Sequence[Picture], *, held_out: bool = False) -> Streams:
    """Makes a stream of all pictures that a walk offered; see `record_stream`.

    Raises:
        EvaluationError: If they show nothing.
    """
    shown = [found for picture in offered if (found := resolve(walk, picture)).rows]
    if not shown:
        raise EvaluationError(f"the walk through house {walk.seed} showed nothing; make it longer")
    things = list(dict.fromkeys(row for item in shown for row in item.rows))
    number = {row: index for index, row in enumerate(things)}
    place, room = _places(walk, [item.picture for item in shown])
    descriptors = np.stack([item.picture.descriptor for item in shown])
    return Streams(
        item_start=np.array([0, len(shown)]),
        object_start=np.array([0, len(things)]),
        seed=np.array([walk.seed]),
        held_out=np.array([held_out]),
        tick=np.array([item.picture.tick for item in shown]),
        visit=np.array([item.picture.visit for item in shown], np.int16),
        place=place,
        room=room,
        bytes=np.array([item.picture.bytes for item in shown], np.float32),
        embedding=embed(descriptors),
        objects=_table([[number[row] for row in item.rows] for item in shown], -1).astype(np.int16),
        versions=_rising(shown).astype(np.int16),
        quality=_table([item.quality for item in shown], 0),
        group=np.array([group_of(walk.scene.objects.category[row]) for row in things], np.int16),
    )


def embed(descriptors: Float32Array) -> Float32Array:
    """Projects (n, 44) descriptors to (n, 16) vectors of length 1, the same way for all."""
    vectors = descriptors @ _projection()
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


@lru_cache(maxsize=1)
def _projection() -> Float32Array:
    rng = np.random.default_rng(_PROJECTION_SEED)
    return rng.normal(size=(44, _DIMENSION)).astype(np.float32)


def resolve(walk: HouseWalk, picture: Picture) -> Shown:
    """Tells which things a picture shows; what the scene never believed in is left out."""
    best: dict[int, tuple[float, int]] = {}
    for row, version, quality in zip(
        picture.rows.tolist(), picture.versions.tolist(), picture.quality.tolist(), strict=True
    ):
        thing, known = walk.identity.resolve(row, version)
        if row in walk.believed or thing in walk.believed:
            best[thing] = max(best.get(thing, (0.0, 0)), (quality, known))
    order = sorted(best, key=lambda thing: (-best[thing][0], thing))[:MOST_OBJECTS]
    return Shown(
        picture, order, [best[thing][1] for thing in order], [best[thing][0] for thing in order]
    )


def _places(walk: HouseWalk, pictures: Sequence[Picture]) -> tuple[Indices, Indices]:
    """Returns for each picture the place that it was taken in, and that place's type of room."""
    kinds = {fact.place_id: fact.category for fact in walk.scene.refresh_places()}
    names: list[str | None] = []
    for picture in pictures:
        # In a doorway between two places the body still counts as in the one it comes from.
        names.append(walk.scene.place_at(picture.xy) or (names[-1] if names else None))
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    place = np.array([number[name] for name in names], np.int16)
    room = np.array([room_index(kinds.get(name or "", "")) for name in names], np.int16)
    return place, room


def _rising(shown: Sequence[Shown]) -> Float32Array:
    """Returns the versions, none of which is lower than an earlier one of the same thing.

    Two rows can turn out to be one thing after both were seen, now this one, now that one.
    """
    known: dict[int, int] = {}
    for item in shown:
        for index, row in enumerate(item.rows):
            known[row] = item.versions[index] = max(known.get(row, 0), item.versions[index])
    return _table([item.versions for item in shown], 0)


def _table(lists: Sequence[Sequence[float]], empty: float) -> Float32Array:
    table = np.full((len(lists), MOST_OBJECTS), empty, np.float32)
    for row, values in zip(table, lists, strict=True):
        row[: len(values)] = values
    return table


@dataclass(frozen=True, kw_only=True)
class Record:
    """Record the streams that allocators are trained and judged on."""

    out: Path
    """File to write."""
    train: int = 64
    """Houses to train on: the first from seed 3000 on that are large enough."""
    held_out: int = 32
    """Houses for evaluation only: the first from seed 4000 on that are large enough."""
    least_things: int = 60
    """Things that a house must have; of a small one, the pictures show all again and again."""
    jobs: int = 1
    """Houses that are walked at once."""
    parts: Path | None = None
    """Folder that keeps each house as it comes; those that lie there are not walked again."""
    walk: WalkConfig = field(default_factory=WalkConfig)

    def __post_init__(self) -> None:
        """Checks the counts.

        Raises:
            ConfigError: If there is no house, or nobody to walk it.
        """
        if min(self.train, self.held_out) < 0 or not self.train + self.held_out or self.jobs < 1:
            raise ConfigError(
                f"train={self.train}, held_out={self.held_out}, jobs={self.jobs}; expected a house "
                f"and a job at least"
            )

    def run(self, note: Callable[[str], None] = print) -> Streams:
        """Walks all houses and writes the file; returns what it holds."""
        houses = [(seed, False) for seed in self._seeds(TRAINING_SEED, self.train)]
        houses += [(seed, True) for seed in self._seeds(HELD_OUT_SEED, self.held_out)]
        if self.parts is not None:
            self.parts.mkdir(parents=True, exist_ok=True)
        streams = join_streams(list(self._each(houses, note)))
        save_streams(streams, self.out)
        note(f"{self.out}: {len(streams)} streams, {len(streams.tick)} candidates")
        return streams

    def _seeds(self, first: int, count: int) -> Iterator[int]:
        large = (n for n in itertools.count(first) if self._is_large(n))
        return itertools.islice(large, count)

    def _is_large(self, seed: int) -> bool:
        return len(generate_house(seed).objects) >= self.least_things

    def _each(
        self, houses: Sequence[tuple[int, bool]], note: Callable[[str], None]
    ) -> Iterator[Streams]:
        walk = partial(_walk_house, config=self.walk, parts=self.parts)
        with ExitStack() as stack:
            walked: Iterable[tuple[Streams, float]]
            if self.jobs == 1:
                walked = map(walk, houses)
            else:
                pool = ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn"))
                walked = stack.enter_context(pool).map(walk, houses)
            for stream, seconds in walked:
                note(f"house {stream.seed[0]}: {len(stream.tick)} candidates, {seconds:.1f} s")
                yield stream


def _walk_house(
    house: tuple[int, bool], config: WalkConfig, parts: Path | None
) -> tuple[Streams, float]:
    """Returns the stream of a house, and the seconds of work that it took."""
    seed, held_out = house
    # Another walk through the same house is another part.
    walk = hashlib.sha256(repr((config, held_out)).encode()).hexdigest()[:8]
    part = parts / f"house-{seed}-{walk}.npz" if parts else None
    if part is not None and part.exists():
        return load_streams(part), 0.0
    cv2.setNumThreads(1)
    start = time.process_time()
    stream = record_stream(seed, config, held_out=held_out)
    if part is not None:
        save_streams(stream, part)
    return stream, time.process_time() - start


if __name__ == "__main__":
    tyro.cli(Record, description=Record.__doc__).run(note=partial(print, flush=True))
