"""What a memory offers to choose from: its pictures and the frontiers of the known floor."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.exploration import expected_gain
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.navigation import Navigator, Pose2
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.facts import FrontierFact, ObjectFact, SnapshotFact, active
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retriever import Retriever
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.types import UInt8Array

_HITS = 200
_SIGHT, _RAYS = 3.0, 48


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureChoice:
    """A picture that the memory kept."""

    record: MemoryRecord
    fact: SnapshotFact
    things: tuple[ObjectFact, ...]
    """What it shows, as far as that is believed to be there; most relevant first."""
    relevance: float
    """Score of the most relevant of them by the product's retriever, from 0 to 1."""

    @property
    def picture(self) -> UInt8Array:
        """(H, W, 3) RGB."""
        return decode_picture(self.record.payload)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FrontierChoice:
    """A border of the known floor that can be walked to."""

    frontier: Frontier
    metres: float
    """On foot over the known floor."""
    gain: float
    """Floor that is expected behind it, square metres."""
    picture: UInt8Array | None
    """(H, W, 3) the view towards it when it appeared, if it was kept."""


def picture_choices(hippocampus: Hippocampus, text: str, most: int) -> list[PictureChoice]:
    """Returns the pictures of the memory that fit a text best, the best first.

    Args:
        hippocampus: Whose pictures; `consolidate` it first.
        text: What is asked.
        most: How many at most.
    """
    store = hippocampus.store
    found = Retriever(store).query(text=text or None, k=_HITS, filter=Filter(kind="fact"))
    scores = {hit.id: hit.score for hit in found.hits}
    things: dict[str, tuple[float, ObjectFact]] = {}
    for record, fact in active(store, ObjectFact, payload=False):
        if fact.state in ("present", "moved"):
            things[fact.object_id] = (scores.get(record.id, 0.0), fact)
    choices = []
    for record, shown in active(store, SnapshotFact):
        own = [things[name] for name in {*shown.cluster, *shown.boxes} if name in things]
        own.sort(key=lambda entry: (-entry[0], entry[1].object_id))
        if own and record.payload:
            facts = tuple(fact for _, fact in own)
            choices.append(
                PictureChoice(record=record, fact=shown, things=facts, relevance=own[0][0])
            )
    choices.sort(key=lambda choice: (-choice.relevance, -choice.fact.tick, choice.record.id))
    return choices[:most]


def frontier_choices(
    hippocampus: Hippocampus, navigator: Navigator, pose: Pose2, most: int
) -> list[FrontierChoice]:
    """Returns the frontiers that can be walked to, the nearest first.

    Args:
        hippocampus: Whose map.
        navigator: Plans the ways.
        pose: Where the body is.
        most: How many at most.
    """
    scene = hippocampus.scene
    frontiers = list(scene.frontiers)
    if not frontiers:
        return []
    field = navigator.field(scene.occupancy, pose.xy)
    gains = expected_gain(scene.occupancy, frontiers, _SIGHT, _RAYS)
    pictures = {
        fact.frontier_id: record.payload
        for record, fact in active(hippocampus.store, FrontierFact)
        if record.payload
    }
    choices = []
    for frontier, gain in zip(frontiers, gains, strict=True):
        metres = field.cost_to(frontier.standpoint)
        if np.isfinite(metres):
            payload = pictures.get(frontier.id)
            choices.append(
                FrontierChoice(
                    frontier=frontier,
                    metres=float(metres),
                    gain=float(gain),
                    picture=decode_picture(payload) if payload else None,
                )
            )
    choices.sort(key=lambda choice: (choice.metres, choice.frontier.id))
    return choices[:most]
