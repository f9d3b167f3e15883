"""Records that show what a stream's candidates show, and the episode that goes with them."""

from dataclasses import dataclass, replace

import msgspec
import numpy as np

from embodied_mem.allocation.groups import GROUP_NAMES, group_of
from embodied_mem.allocation.shown import projection
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import MemoryRecord, RecordIds
from embodied_mem.scene.room_types import room_types
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, describe, make_episode
from embodied_mem_envs.allocation.questions import Questions
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.allocation.synthetic import synthetic_streams

CATEGORIES = (
    *("armchair", "wardrobe", "desk", "toilet", "floor lamp", "pillow", "stove", "mug"),
    *("laptop", "book", "vase", "thingamajig"),
)
LOSSES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.0)


def tick_of(arrival: int) -> int:
    return 10 * arrival + 3


@dataclass(frozen=True)
class Recorded:
    episode: Episode
    records: list[MemoryRecord]
    descriptors: np.ndarray
    """(Q, 8) of the episode's questions."""


def recorded(seed: int, arrivals: int, held: float) -> Recorded:
    """Draws a walk of which all candidates arrive; a share of their bytes can be held."""
    streams = synthetic_streams(np.random.default_rng(seed), streams=1, items=arrivals, moved=0.3)
    records = _records(streams, np.random.default_rng(seed))
    config = EpisodeConfig(arrivals=arrivals, slots=arrivals, distractors=0.0, stretch=1.0)
    drawn = make_episode(streams, config, np.random.default_rng(seed))
    sizes = np.array([_sizes(record) for record in records], np.float32)
    budget = round(held * float(sizes[:, 1].sum()))
    episode = replace(drawn, bytes=sizes, budget=float(budget))
    descriptors = describe(
        Questions.of(episode),
        episode.entered,
        episode.query_time.astype(np.intp),
        episode.query_keys.astype(np.intp),
        episode.query_level,
        episode.query_kind,
    )
    return Recorded(episode, records, descriptors)


def _sizes(record: MemoryRecord) -> tuple[int, int]:
    coarse = msgspec.structs.replace(record, payload=record.payload[:2])
    return StoreView.bytes_needed(coarse), StoreView.bytes_needed(record)


def _records(streams: Streams, rng: np.random.Generator) -> list[MemoryRecord]:
    assert [group_of(category) for category in CATEGORIES] == [*range(len(GROUP_NAMES))]
    ids = RecordIds(5)
    rooms = [*room_types()[:7], "room"]
    undo = np.linalg.inv(projection(16).astype(np.float64))
    records = []
    for index in range(len(streams.tick)):
        shown = [
            (f"object-{thing}", thing, version, quality)
            for thing, version, quality in zip(
                streams.objects[index].tolist(),
                streams.versions[index].tolist(),
                streams.quality[index].tolist(),
                strict=True,
            )
            if thing >= 0
        ]
        content = {
            "type": "snapshot",
            "boxes": {name: [0, 0, 9, 9] for name, *_ in shown},
            "quality": {name: quality for name, _, _, quality in shown},
            "categories": {n: CATEGORIES[streams.group[thing]] for n, thing, *_ in shown},
            "positions": {n: [float(thing), 2.0 * version, 0.5] for n, thing, version, _ in shown},
            "room": rooms[streams.room[index]],
        }
        tick = tick_of(index)
        records.append(
            MemoryRecord(
                id=ids.new(tick),
                kind="snapshot",
                content=content,
                place=f"place-{streams.place[index]}",
                about=tuple(name for name, *_ in shown),
                valid_from=tick,
                recorded_at=tick,
                payload=tuple(rng.bytes(int(n)) for n in rng.integers(5000, 30_000, 6)),
                losses=LOSSES,
                embedding=(streams.embedding[index] @ undo).astype("<f4").tobytes(),
                space="test",
            )
        )
    return records
