"""Walks a held-out house as the streams were recorded, and keeps the pictures and the truth too."""

from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from embodied_mem.allocation.groups import group_of, room_index
from embodied_mem.errors import ConfigError
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.record import pose_of
from embodied_mem.perception import Frame, Segmentation, Segmenter
from embodied_mem.scene import voxels
from embodied_mem.scene.objects import ObjectTable
from embodied_mem.scene.sightings import Sightings, make_sightings
from embodied_mem.types import Float32Array, Float64Array, Int64Array
from embodied_mem_envs.allocation.recording import Shown, resolve, stream_of
from embodied_mem_envs.allocation.recording_walk import HouseWalk, Picture, WalkConfig
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams
from embodied_mem_envs.house import House

QUALITY: Final = 85
ARRAYS: Final = ("losses", "pose", "body", "descriptor", "boxes", "position", "true")
"""Arrays of a `PictureWalk` with one entry a candidate."""
_NOT_OF_ITEMS: Final = ("item_start", "object_start", "seed", "held_out", "group")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HouseTruth:
    """What really was in a house on each of V visits; T things."""

    ids: tuple[str, ...]
    categories: tuple[str, ...]
    colours: tuple[str, ...]
    materials: tuple[str, ...]
    low: Float64Array
    """(V, T, 3) lower corners of the boxes, metres."""
    high: Float64Array
    """(V, T, 3)"""
    rooms: Float64Array
    """(R, 4) x0, y0, x1, y1 of each room, metres."""
    room_types: Int64Array
    """(R,) type of each room, an index below `inputs.ROOMS`."""

    @property
    def groups(self) -> Int64Array:
        """(T,) group of each thing, an index below `inputs.GROUPS`."""
        return np.array([group_of(category) for category in self.categories])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureWalk:
    """N candidates as they are offered to a store, and the truth beside them."""

    streams: Streams
    """One stream: what an allocator's training would know of the walk."""
    layers: tuple[tuple[bytes, ...], ...]
    """(N, L) each picture as a progressive JPEG of quality 85."""
    losses: Float32Array
    """(N, L) measured error of each prefix of the layers."""
    size: tuple[int, int]
    """Width and height of the pictures."""
    pose: Float64Array
    """(N, 7) of the camera, as in a record."""
    body: Float64Array
    """(N, 2) where the body stood, metres."""
    descriptor: Float32Array
    """(N, 44) mean descriptor of what it shows, rounded to float16."""
    boxes: NDArray[np.int16]
    """(N, 8, 4) pixel box of each thing that it shows, in the order of `streams.objects`."""
    position: Float32Array
    """(N, 8, 3) where the scene then believed each of them to be, metres."""
    true: NDArray[np.int16]
    """(N, 8) row of the true thing in `truth`; -1 where there is none. Not for the agent."""
    categories: tuple[str, ...]
    """Category of each of the stream's things, as the scene has it."""
    truth: HouseTruth

    def __len__(self) -> int:
        return len(self.layers)


@final
class _Noting:
    """A segmenter that keeps what it was asked about last."""

    def __init__(self, inner: Segmenter) -> None:
        self._inner = inner
        self.frame: Frame | None = None
        self.found: Segmentation | None = None

    def segment(self, frame: Frame) -> Segmentation:
        """Passes the question on, and keeps question and answer."""
        self.frame, self.found = frame, self._inner.segment(frame)
        return self.found


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What of an offered picture has to be noted on the spot."""

    picture: Picture
    layers: tuple[bytes, ...]
    losses: tuple[float, ...]
    pose: tuple[float, ...]
    boxes: Int64Array
    """(n, 4) in the order of `picture.rows`; empty where the row is not found in the picture."""
    position: Float32Array
    true: Int64Array


def walk_house(seed: int, config: WalkConfig) -> PictureWalk:
    """Walks one house, visit by visit, and renders what is offered to the memory.

    Raises:
        HouseError: If too few things of the house have somewhere else to go.
        EvaluationError: If nothing was seen on the walk.
    """
    walk = HouseWalk(seed, config)
    watch = _Noting(walk.scene.segmenter)
    walk.scene.segmenter = watch
    ids = [thing.id for thing in walk.house.objects]
    visits: list[dict[str, Any]] = []
    seen: list[_Seen] = []
    for picture in walk.pictures():
        if picture.visit == len(visits):
            visits.append({thing.id: thing for thing in walk.house.objects})
        seen.append(_note(walk, watch, picture, ids))
    offered = [each.picture for each in seen]
    streams = stream_of(walk, offered, held_out=True)
    shown = [found for picture in offered if (found := resolve(walk, picture)).rows]
    noted = {each.picture.tick: each for each in seen}
    return _put_together(walk, streams, shown, noted, _truth(walk.house, ids, visits))


def thinned(walk: PictureWalk, count: int, rng: np.random.Generator) -> PictureWalk:
    """Draws candidates of a walk, in order, as an episode draws its own from a stream.

    Args:
        walk: The whole walk.
        count: Candidates to draw.
        rng: Source of chance.

    Raises:
        ConfigError: If the walk has fewer.
    """
    if count > len(walk):
        raise ConfigError(f"the walk has {len(walk)} candidates; cannot draw {count} of them")
    at = np.sort(rng.choice(len(walk), count, replace=False))
    of_items = {
        field.name: getattr(walk.streams, field.name)[at]
        for field in fields(Streams)
        if field.name not in _NOT_OF_ITEMS
    }
    return replace(
        walk,
        streams=replace(walk.streams, item_start=np.array([0, count]), **of_items),
        layers=tuple(walk.layers[index] for index in at.tolist()),
        **{name: getattr(walk, name)[at] for name in ARRAYS},
    )


def _note(walk: HouseWalk, watch: _Noting, picture: Picture, ids: list[str]) -> _Seen:
    frame, found = watch.frame, watch.found
    assert frame is not None and found is not None
    observation, scene = frame.observation, walk.scene
    assert observation.instance is not None
    sightings = make_sightings(
        frame,
        found,
        scene.embedder,
        np.zeros((len(found), 1), np.float32),
        scene.objects.config.voxel,
    )
    at = _match(sightings, scene.objects, picture.rows)
    boxes = np.where(at[:, None] >= 0, sightings.boxes[at], 0)
    names = walk.house.instance_to_object
    true = []
    for x0, y0, x1, y1 in boxes.tolist():
        inside = observation.instance[y0:y1, x0:x1]
        number = Counter(inside[inside > 0].tolist()).most_common(1)
        true.append(ids.index(names[number[0][0]]) if number else -1)
    coded = progressive_picture(observation.rgb, QUALITY)
    return _Seen(
        picture,
        coded.layers,
        coded.losses,
        pose_of(observation.T_world_camera),
        boxes,
        np.array([scene.objects.position(row) for row in picture.rows.tolist()], np.float32),
        np.array(true),
    )


def _match(sightings: Sightings, table: ObjectTable, rows: Int64Array) -> Int64Array:
    """Returns which sighting each row was matched to: that whose voxels it has taken in."""
    share = np.zeros((len(rows), len(sightings)))
    for index, row in enumerate(rows.tolist()):
        for column, keys in enumerate(sightings.keys):
            for _ in range(table.level[row]):
                keys = np.unique(voxels.coarsen(keys))
            share[index, column] = voxels.member(keys, table.keys[row]).mean()
    first, second = linear_sum_assignment(-share)
    at = np.full(len(rows), -1)
    at[first] = np.where(share[first, second] > 0, second, -1)
    return at


def _truth(house: House, ids: list[str], visits: list[dict[str, Any]]) -> HouseTruth:
    first = visits[0]
    return HouseTruth(
        ids=tuple(ids),
        categories=tuple(first[name].category for name in ids),
        colours=tuple(first[name].colour for name in ids),
        materials=tuple(first[name].material for name in ids),
        low=np.array([[visit[name].box_min for name in ids] for visit in visits]),
        high=np.array([[visit[name].box_max for name in ids] for visit in visits]),
        rooms=np.array([[*room.min, *room.max] for room in house.rooms], np.float64),
        room_types=np.array([room_index(room.category) for room in house.rooms]),
    )


def _put_together(
    walk: HouseWalk,
    streams: Streams,
    shown: list[Shown],
    noted: dict[int, _Seen],
    truth: HouseTruth,
) -> PictureWalk:
    """Puts what was noted of each picture in the order in which the stream has its things."""
    count = len(shown)
    boxes = np.zeros((count, MOST_OBJECTS, 4), np.int16)
    position = np.full((count, MOST_OBJECTS, 3), np.nan, np.float32)
    true = np.full((count, MOST_OBJECTS), -1, np.int16)
    seen = [noted[item.picture.tick] for item in shown]
    for index, (item, each) in enumerate(zip(shown, seen, strict=True)):
        for column, view in enumerate(_best_views(walk, item)):
            boxes[index, column] = each.boxes[view]
            position[index, column] = each.position[view]
            true[index, column] = each.true[view]
    things = dict.fromkeys(row for item in shown for row in item.rows)
    width = walk.config.width
    return PictureWalk(
        streams=streams,
        layers=tuple(each.layers for each in seen),
        losses=np.array([each.losses for each in seen], np.float32),
        size=(width, width * 3 // 4),
        pose=np.array([each.pose for each in seen]),
        body=np.array([item.picture.xy for item in shown]),
        descriptor=np.stack([item.picture.descriptor for item in shown])
        .astype(np.float16)
        .astype(np.float32),
        boxes=boxes,
        position=position,
        true=true,
        categories=tuple(walk.scene.objects.category[row] for row in things),
        truth=truth,
    )


def _best_views(walk: HouseWalk, item: Shown) -> list[int]:
    """Returns for each thing that a picture shows its best view: an index into the picture's."""
    best: dict[int, int] = {}
    quality = item.picture.quality
    pairs = zip(item.picture.rows.tolist(), item.picture.versions.tolist(), strict=True)
    for index, (row, version) in enumerate(pairs):
        thing, _ = walk.identity.resolve(row, version)
        if thing not in best or quality[index] > quality[best[thing]]:
            best[thing] = index
    return [best[thing] for thing in item.rows]
