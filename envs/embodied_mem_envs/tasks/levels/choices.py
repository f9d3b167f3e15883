"""What a memory offers to choose from: its pictures, the frontiers of the known floor, stairs."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.exploration import expected_gain
from embodied_mem.brain.floor_tour import FloorStep
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.navigation import CostField, Navigator, Pose2
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.facts import FrontierFact, ObjectFact, SnapshotFact, active
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retriever import Retriever
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array, UInt8Array

_HITS = 200
_SIGHT, _RAYS = 3.0, 48
_STAIRS_GAIN = 10.0


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
    """A border of the known floor that can be walked to, or a way to another floor."""

    id: str
    place: Float64Array
    """(2,) where it is, m."""
    frontier: Frontier | None = None
    """None for a way to another floor."""
    change: FloorStep | None = None
    """The stairs to take, or to look at, where it is a way to another floor."""
    metres: float
    """On foot over the known floor."""
    gain: float
    """Floor that is expected behind it, square metres; for stairs a round guess."""
    picture: UInt8Array | None = None
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
    hippocampus: Hippocampus, navigator: Navigator, pose: Pose2, max_step: float, most: int
) -> list[FrontierChoice]:
    """Returns the frontiers and stairs that can be walked to, the nearest first.

    Args:
        hippocampus: Whose map.
        navigator: Plans the ways.
        pose: Where the body is.
        max_step: The highest step that the body gets up, m.
        most: How many at most; stairs are not left out.
    """
    field = navigator.field(hippocampus.scene.occupancy, pose.xy)
    stairs = _stairs(hippocampus.scene, field, pose, max_step)[:most]
    frontiers = _frontiers(hippocampus, field)
    frontiers.sort(key=lambda choice: (choice.metres, choice.id))
    choices = frontiers[: most - len(stairs)] + stairs
    return sorted(choices, key=lambda choice: (choice.metres, choice.id))


def _frontiers(hippocampus: Hippocampus, field: CostField) -> list[FrontierChoice]:
    scene = hippocampus.scene
    frontiers = list(scene.frontiers)
    if not frontiers or scene.storeys.between:
        return []
    gains = expected_gain(scene.occupancy, frontiers, _SIGHT, _RAYS)
    pictures = {
        fact.frontier_id: record.payload
        for record, fact in active(hippocampus.store, FrontierFact)
        if record.payload
    }
    choices = []
    for frontier, gain in zip(frontiers, gains.tolist(), strict=True):
        metres = float(field.cost_to(frontier.standpoint))
        if np.isfinite(metres):
            payload = pictures.get(frontier.id)
            choices.append(
                FrontierChoice(
                    id=frontier.id,
                    place=frontier.centroid,
                    frontier=frontier,
                    metres=metres,
                    gain=gain,
                    picture=decode_picture(payload) if payload else None,
                )
            )
    return choices


def _stairs(
    scene: SceneGraph, field: CostField, pose: Pose2, max_step: float
) -> list[FrontierChoice]:
    """Returns the flights from the floor that the body is on, and what may be some."""
    if max_step <= 0.0:
        return []
    here = scene.storeys.current.index
    ways = [
        (each.id, each.landing(here), FloorStep(stairs=each.id, up=here == each.lower))
        for each in scene.stairs
        if here in (each.lower, each.upper) and each.rise <= max_step
    ]
    if not scene.storeys.between:
        ways += [
            (f"hint-{index}", hint.edge, FloorStep(steps=hint))
            for index, hint in enumerate(scene.storeys.hints)
        ]
    choices = []
    for name, place, change in ways:
        metres = float(field.cost_to(place))
        if not np.isfinite(metres):
            metres = float(np.hypot(*(place - pose.xy)))
        choices.append(
            FrontierChoice(id=name, place=place, change=change, metres=metres, gain=_STAIRS_GAIN)
        )
    return choices
