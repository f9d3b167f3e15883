"""Walks through a house, visit by visit, and notes every picture that is offered to the memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.error_model import EVEN_ERRORS, ErrorModel
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float32Array, Int64Array, Observation
from embodied_mem_envs.allocation.recording_bytes import picture_bytes
from embodied_mem_envs.allocation.recording_identity import Identity, WatchedSnapshots
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, House, HouseBody, generate_house, live
from embodied_mem_envs.house.catalogue import catalogue

_WALK, _LIFE, _OFFER = 61, 67, 71  # which random stream of a house's seed is meant
_MOST_MOVED: Final = 0.4
"""Share of the portable things that are moved between two visits, at most: each must find room."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkConfig:
    """How a house is walked."""

    visits: int = 4
    """Visits to the house; things are moved in between."""
    pictures: int = 142
    """Pictures that are offered on each visit."""
    most_frames: int = 1200
    """Frames after which a visit ends, whatever was offered."""
    moved: float = 0.06
    """Share of the things that is moved between two visits."""
    novelty: float = 0.6
    """Share of what two pictures show together that must not be common to both, for the second to
    be offered after the first."""
    stray: float = 0.08
    """Chance that any other frame is offered too, however little and badly it shows."""
    width: int = 192
    """Width of the pictures, pixels; they are three quarters as high."""
    errors: ErrorModel = EVEN_ERRORS
    """What the detector gets wrong; as it was when the shipped allocators were trained."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a count is not positive, a share is not in [0, 1], or the pictures are
                too small to see anything in.
        """
        if min(self.visits, self.pictures, self.most_frames) < 1 or self.width < 32:
            raise ConfigError(
                f"a walk needs a visit, a picture and a frame at least, and 32 pixels; got "
                f"{self.visits}, {self.pictures}, {self.most_frames} and {self.width}"
            )
        for name in ("moved", "novelty", "stray"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected 0 to 1")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Picture:
    """One picture that was offered, as the scene had it at that moment."""

    tick: int
    visit: int
    xy: tuple[float, float]
    """Where the body stood, metres."""
    rows: Int64Array
    """(n,) rows of the scene's objects that it shows."""
    versions: Int64Array
    """(n,) moves that the scene knew of each of them."""
    quality: Float32Array
    """(n,) of the view of each, 0 to 1."""
    descriptor: Float32Array
    """(44,) mean of the descriptors of what it shows."""
    bytes: tuple[int, int]
    """Coarse and in full."""


@final
class HouseWalk:
    """A house with a real scene layer that watches it.

    Args:
        seed: Of the house, the way and the moves.
        config: How it is walked.
    """

    def __init__(self, seed: int, config: WalkConfig) -> None:
        self.seed = seed
        self.config = config
        self.house: House = generate_house(seed)
        segmenter = InstanceSegmenter(config.errors, seed)
        self.scene = SceneGraph(segmenter, ColourShapeEmbedder())
        self.identity = Identity()
        self.believed: set[int] = set()
        """Rows that the scene took for real things at some time."""
        self._watch = WatchedSnapshots(self.scene.config.snapshots)
        self.scene.snapshots = self._watch
        self._rng = np.random.default_rng([seed, _OFFER])
        self._last: frozenset[int] = frozenset()
        self._tick = 0

    def pictures(self) -> Iterator[Picture]:
        """Walks all visits and yields each picture that is offered.

        Raises:
            HouseError: If too few things have somewhere else to go.
        """
        for visit in range(self.config.visits):
            if visit:
                self._live(visit)
            yield from self._visit(visit)

    def _live(self, visit: int) -> None:
        things = self.house.objects
        portable = sum(catalogue().category(thing.category).portable for thing in things)
        moves = min(round(self.config.moved * len(things)), int(_MOST_MOVED * portable))
        live(self.house, np.random.default_rng([self.seed, _LIFE, visit]), moves)
        self.house.new_visit()
        self.scene.objects.visit_start = self._tick

    def _visit(self, visit: int) -> Iterator[Picture]:
        offered = 0
        unseen = {room.id for room in self.house.rooms}
        for frame, observation in enumerate(self._observations(visit)):
            if offered == self.config.pictures or frame == self.config.most_frames:
                break
            x, y = observation.T_world_body[:2, 3].tolist()
            room = self.house.room_at(x, y)
            unseen.discard(room.id if room else "")
            self._take_in(observation)
            if self._is_offered():
                offered += 1
                yield self._picture(observation, visit)
        if not unseen:
            self._watch.clear()
            self.scene.settle_visit()
            self._note_joined()

    def _observations(self, visit: int) -> Iterator[Observation]:
        width = self.config.width
        camera = CameraConfig(width=width, height=width * 3 // 4)
        body = HouseBody(self.house, camera=camera)
        body.connect()
        way = int(np.random.default_rng([self.seed, _WALK, visit]).integers(2**31))
        for x, y, yaw in tour(self.house, way):
            body.place(x, y, yaw)
            body.tick = self.house.tick = self._tick
            self._tick += 1
            yield body.observe()

    def _take_in(self, observation: Observation) -> None:
        self._watch.clear()
        self.scene.update(observation)
        self._note_joined()
        shown = self._watch.rows
        self.believed.update(shown[self.scene.required()[shown]].tolist())

    def _note_joined(self) -> None:
        history = self.scene.objects.history
        for gone, into in self._watch.joined:
            self.identity.join(gone, into, len(history[into]) - len(history[gone]))

    def _is_offered(self) -> bool:
        """Tells whether the last frame shows other things than what was offered last."""
        stray = self._rng.random() < self.config.stray
        shown = frozenset(self._watch.rows.tolist())
        if not shown:
            return False
        common = len(shown & self._last) / len(shown | self._last)
        if 1.0 - common < self.config.novelty and not stray:
            return False
        self._last = shown
        return True

    def _picture(self, observation: Observation, visit: int) -> Picture:
        rows = self._watch.rows
        table = self.scene.objects
        x, y = observation.T_world_body[:2, 3].tolist()
        return Picture(
            tick=observation.tick,
            visit=visit,
            xy=(x, y),
            rows=rows,
            versions=np.array([len(table.history[row]) for row in rows]),
            quality=self._watch.view,
            descriptor=table.embedding[rows].mean(axis=0),
            bytes=picture_bytes(observation, [table.ids[row] for row in rows]),
        )
