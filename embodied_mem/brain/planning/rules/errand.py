"""One request with all that bears on it, as the families of tasks see it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from embodied_mem.brain.instruction import Instruction, Reference
from embodied_mem.brain.planning.rules.achieve import Mover, UnplannableError
from embodied_mem.brain.planning.rules.draft import Draft
from embodied_mem.brain.planning.rules.footprint import Footprint
from embodied_mem.brain.planning.rules.goals import On, Target
from embodied_mem.brain.planning.rules.matching import described, matches
from embodied_mem.brain.planning.rules.spots import free_place
from embodied_mem.brain.planning.rules.world import World
from embodied_mem.brain.planning.sections import ArrangedView, MemoryView


class UnknownThingError(UnplannableError):
    """Nothing that is known fits a description."""

    def __init__(self, message: str, reference: Reference) -> None:
        super().__init__(message)
        self.reference = reference


@dataclass(slots=True)
class Errand:
    """A request, the draft of its plan, and what must hold in the end."""

    instruction: Instruction
    draft: Draft
    memory: MemoryView
    post: list[str] = field(default_factory=list)
    """Conditions that the whole plan ends with."""
    answer: str = ""

    @property
    def world(self) -> World:
        """What is thought of the scene after all that is planned so far."""
        return self.draft.world

    def things(
        self, reference: Reference, *, but: Iterable[str] = (), place: str = ""
    ) -> list[str]:
        """Returns the things that a description means: all that fit it, or one.

        Raises:
            UnknownThingError: If none is known.
        """
        found = matches(reference, self.world, but=tuple(but), place=place)
        if not found:
            where = f" in the {place.replace('_', ' ')}" if place else ""
            raise UnknownThingError(f"I know of no {described(reference)}{where}", reference)
        return found if reference.every else found[:1]

    def themes(self) -> list[str]:
        """Returns what the request is about; a source narrows it, if anything fits there."""
        source = self.instruction.source
        place = source.fixture if source is not None else ""
        found: list[str] = []
        for reference in self.instruction.themes:
            if place and matches(reference, self.world, place=place):
                found += self.things(reference, but=found, place=place)
            else:
                found += self.things(reference, but=found)
        return list(dict.fromkeys(found))

    def arranged(self) -> dict[str, ArrangedView]:
        """Returns how things lay at the time that the request speaks of, by their present ids.

        Raises:
            UnplannableError: If no such arrangement is remembered.
        """
        time = self.instruction.time
        remembered = self.memory.last_time if time == "last_time" else self.memory.before
        if not remembered:
            when = "last time" if time == "last_time" else "before"
            raise UnplannableError(f"I do not remember how things lay {when}")
        return _by_present_ids(remembered, self.world)

    def hints(self, thing: str) -> tuple[str, ...]:
        """Returns where a thing was seen before, the latest first."""
        places = [fact.place for fact in self.memory.remembered if fact.entity == thing]
        return tuple(dict.fromkeys(reversed(places)))

    def bring_about(
        self,
        targets: dict[str, Target],
        *,
        avoid: Iterable[Footprint] = (),
        thorough: bool = False,
        unpickable: frozenset[str] = frozenset(),
    ) -> Mover:
        """Adds what brings things to their targets, and asks for it in the end."""
        targets = {**self._bases(targets), **targets}
        drawers = [] if self.instruction.shut else list(self.world.opened)
        mover = Mover(
            self.draft,
            targets,
            avoid=avoid,
            keep_open=drawers,
            hints={thing: self.hints(thing) for thing in targets},
            thorough=thorough,
            unpickable=unpickable,
        )
        mover.run()
        self.post += [target.condition(thing) for thing, target in targets.items()]
        self.post += [f"closed({drawer})" for drawer in mover.used_drawers]
        return mover

    def _bases(self, targets: dict[str, Target]) -> dict[str, Target]:
        """Returns where what others go onto must go first, if it is lost or in a drawer."""
        bases: dict[str, Target] = {}
        for target in targets.values():
            if isinstance(target, On) and target.holder not in targets:
                piece = self.world.things[target.holder]
                if piece.missing or self.world.kind(piece.place) == "drawer":
                    bases[piece.id] = free_place(self.world, piece.id)
        return bases


def _by_present_ids(remembered: dict[str, ArrangedView], world: World) -> dict[str, ArrangedView]:
    """Finds the things of an arrangement again: by id, else by what the id is made of."""
    found = {name: view for name, view in remembered.items() if name in world.things}
    for name, view in remembered.items():
        if name in found:
            continue
        twins = [
            piece.id
            for piece in world.things.values()
            if piece.id not in found and _stem(piece.id) == _stem(name)
        ]
        if twins:
            found[min(twins)] = view
    return found


def _stem(name: str) -> str:
    """Returns an id without its number.

    >>> _stem("red_block_2"), _stem("mug")
    ('red_block', 'mug')
    """
    head, _, tail = name.rpartition("_")
    return head if tail.isdigit() else name
