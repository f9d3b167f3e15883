"""What an instruction means in a scene: things, fixtures, and how things lay before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast, final

import numpy as np

from embodied_mem.brain.instruction import Instruction, Reference
from embodied_mem.brain.planning.rules.matching import matches
from embodied_mem.brain.planning.rules.world import CLOSED_SHARE, OPEN_SHARE, Piece, World
from embodied_mem.brain.planning.sections import FixtureView
from embodied_mem.brain.planning.situation import Arranged, Remembered
from embodied_mem.brain.state import Entity, EntityKind, State
from embodied_mem.robots.arm import WorkCell

Triple = tuple[float, float, float]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One instruction in one scene, with what is remembered of it."""

    instruction: Instruction
    state: State
    cell: WorkCell
    arrangement: Mapping[str, Arranged] = field(default_factory=dict)
    """How things lay at the time that the instruction speaks of, by id."""
    remembered: Sequence[Remembered] = ()

    def kind(self, name: str) -> str:
        """Returns the kind of a fixture, `object` of a thing, empty of anything else."""
        if name in self.cell:
            return self.cell[name].kind
        entity = self.state.entities.get(name)
        return "" if entity is None else entity.kind

    def is_thing(self, name: str) -> bool:
        """Tells whether an id is that of a thing, which no other scene need have."""
        return name in self.state.entities and name not in self.cell

    def meant(self, reference: Reference, but: Collection[str] = ()) -> list[str]:
        """Returns the fixture, or the things that a description fits, those in sight first."""
        if reference.fixture:
            return [reference.fixture] if reference.fixture in self.cell else []
        return matches(reference, self.believed, but=but)

    def arranged(self, arrangement: Mapping[str, Arranged]) -> "Scene":
        """Returns the scene with how things lay before, by the ids that they have now.

        A thing that had another number then is found by the rest of its id.
        """
        things = [e.id for e in self.state.entities.values() if e.kind == "object"]
        found = {name: lay for name, lay in arrangement.items() if name in things}
        for name, lay in arrangement.items():
            twins = [t for t in things if t not in found and _stem(t) == _stem(name)]
            if name not in found and twins:
                found[min(twins)] = lay
        return replace(self, arrangement=found)

    def themes(self, used: Collection[str] = ()) -> list[str]:
        """Returns the things that an instruction is about, one for each of its themes.

        Args:
            used: Things that a plan was made for; where several fit, those are meant.

        Returns:
            An empty list where a theme means all that fit, or nothing that is known.
        """
        chosen: list[str] = []
        for reference in self.instruction.themes:
            fitting = self._at_source(self.meant(reference, but=chosen))
            preferred = [name for name in fitting if name in used]
            if reference.every or not fitting:
                return []
            chosen.append((preferred or fitting)[0])
        return chosen

    def every(self) -> list[str]:
        """Returns all things that are meant by themes that mean all that fit."""
        found: dict[str, None] = {}
        for reference in self.instruction.themes:
            found.update(dict.fromkeys(self._at_source(self.meant(reference))))
        return list(found)

    def _at_source(self, found: list[str]) -> list[str]:
        """Returns those that are at the instruction's source, if any are."""
        source = self.instruction.source
        if source is None or not source.fixture:
            return found
        entities = self.state.entities
        there = [n for n in found if n in entities and entities[n].place == source.fixture]
        return there or found

    def world(self) -> World:
        """Returns the scene to be thought through: to be changed in thought."""
        seen = self.believed
        return World(dict(seen.things), seen.fixtures, dict(seen.opened), seen.holding)

    @cached_property
    def believed(self) -> World:
        """The scene as it is, not to be changed."""
        things, opened = {}, {}
        for entity in self.state.entities.values():
            if entity.kind == "object":
                things[entity.id] = _piece(entity)
            elif entity.kind == "drawer":
                opened[entity.id] = _is_open(entity.opened)
        fixtures = {
            name: FixtureView(
                kind=cast(EntityKind, fixture.kind),
                low=fixture.low,
                high=fixture.high,
                colour=fixture.colour,
                handle=fixture.handle,
                slides=fixture.slides,
                travel=fixture.travel,
            )
            for name, fixture in self.cell.items()
        }
        for name, fixture in self.cell.items():
            if fixture.kind == "drawer":
                opened.setdefault(name, None)
        hand = self.state.hand
        return World(things, fixtures, opened, "" if hand is None else hand.holding)


def _stem(name: str) -> str:
    head, _, tail = name.rpartition("_")
    return head if tail.isdigit() else name


def _piece(entity: Entity) -> Piece:
    return Piece(
        id=entity.id,
        category=entity.category,
        colour=entity.colour,
        position=_triple(entity.position),
        size=_triple(entity.size),
        yaw=entity.yaw,
        place=entity.place,
        visible=entity.visible,
        missing=entity.missing,
    )


def _triple(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Triple:
    x, y, z = values.tolist()
    return x, y, z


def _is_open(share: float) -> bool | None:
    if share >= OPEN_SHARE:
        return True
    return False if share <= CLOSED_SHARE else None
