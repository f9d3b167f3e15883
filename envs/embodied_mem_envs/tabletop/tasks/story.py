"""Tells how a task came about, and checks on the way that all of it can be.

A family builds its task with a `Story`: it puts things down, lets people move them, and asks.
What is drawn comes from three sources of chance, so that a repeat can have the same things and
fixtures at new poses and in other words.
"""

from collections.abc import Mapping

import numpy as np

from embodied_mem.robots.arm import WorkCell
from embodied_mem_envs.tabletop.tasks.episode import (
    Drawer,
    Event,
    Item,
    Layout,
    Level,
    Mark,
    Move,
    NewSession,
    Spot,
    TaskEpisode,
    Watch,
)
from embodied_mem_envs.tabletop.tasks.goals import Closed, Goal, Kept
from embodied_mem_envs.tabletop.tasks.kinds import size_of
from embodied_mem_envs.tabletop.tasks.spots import (
    LOOSE,
    NoRoomError,
    Occupied,
    Region,
    free_spot,
    lies_free,
    spot_in,
)
from embodied_mem_envs.tabletop.tasks.wording import word

GAPS: Mapping[Level, float] = {1: 0.06, 2: 0.045, 3: 0.035}
"""Least distance between the outlines of things on the table, m, by level."""
SIDE_BY_SIDE = 0.03
"""Least distance that fingers need beside a thing, m."""
FAR = 0.11
"""A thing that is moved on the table is moved by at least this, m."""


class Story:
    """A task while it is made up."""

    def __init__(
        self,
        family: str,
        level: Level,
        seed: int,
        cell: WorkCell,
        *,
        cast: np.random.Generator,
        poses: np.random.Generator,
        words: np.random.Generator,
        repeat: bool = False,
    ) -> None:
        """Begins with an empty table.

        Args:
            family: Name of the family.
            level: How hard it is to be.
            seed: Which of all tasks.
            cell: The fixtures.
            cast: Chance of what there is: things, colours, fixtures, which of them is meant.
            poses: Chance of where it lies.
            words: Chance of how it is said.
            repeat: Whether to word it with the sentences kept back for repeats.
        """
        self.family, self.level, self.seed, self.cell = family, level, seed, cell
        self.cast, self.poses, self.words, self.repeat = cast, poses, words, repeat
        self.gap = GAPS[level]
        self.items: dict[str, Item] = {}
        self.where: dict[str, Spot] = {}
        self.events: list[Event] = []

    # -- putting things down -------------------------------------------------------------------

    def add(
        self,
        kind: str,
        colour: str,
        *,
        region: Region = LOOSE,
        at: Spot | None = None,
        yaw: float | None = None,
    ) -> str:
        """Puts one more thing down; returns its name.

        Raises:
            ValueError: If something has happened already.
            NoRoomError: If there is no room for it.
        """
        if self.events:
            raise ValueError("all things are there from the beginning; add them before any event")
        name = self._name(f"{colour}_{kind}")
        if at is None:
            at = self.room_for(kind, region, yaw=yaw)
        self.items[name] = Item(name=name, kind=kind, colour=colour, spot=at)
        self.where[name] = at
        return name

    def _name(self, plain: str) -> str:
        count = sum(name == plain or name.startswith(f"{plain}_") for name in self.items)
        return plain if not count else f"{plain}_{count + 1}"

    def room_for(
        self,
        kind: str,
        region: Region = LOOSE,
        *,
        leave_out: tuple[str, ...] = (),
        besides: tuple[tuple[str, Spot], ...] = (),
        far_from: tuple[Spot, ...] = (),
        yaw: float | None = None,
    ) -> Spot:
        """Draws a free spot on the table.

        Args:
            kind: What is to lie there.
            region: Where.
            leave_out: Names of things that need no room, for they will be gone.
            besides: Further kinds and spots on the table to keep room for.
            far_from: Spots to be at least `FAR` away from.
            yaw: How it is turned; drawn where None.

        Raises:
            NoRoomError: If there is none.
        """
        size = size_of(kind)
        return free_spot(
            self.poses,
            region,
            (size[0], size[1]),
            (*self.taken(leave_out), *(occupied(*other) for other in besides)),
            least_gap=self.gap,
            yaw=yaw,
            far_from=((spot.x, spot.y) for spot in far_from),
            least_way=FAR,
        )

    def taken(self, leave_out: tuple[str, ...] = ()) -> tuple[Occupied, ...]:
        """Returns the outlines of what lies on the table now."""
        return tuple(
            occupied(self.items[name].kind, spot)
            for name, spot in self.where.items()
            if spot.place == "table" and name not in leave_out
        )

    def require_room(self, name: str, spot: Spot, *, leave_out: tuple[str, ...]) -> None:
        """Checks that a thing can be put down at a spot of the table.

        Raises:
            NoRoomError: If something else is less than `SIDE_BY_SIDE` away.
        """
        box = occupied(self.items[name].kind, spot)
        if not lies_free(box, self.taken((*leave_out, name)), least_gap=SIDE_BY_SIDE):
            raise NoRoomError(f"{name} does not fit at {spot}")

    # -- what happens --------------------------------------------------------------------------

    def watch(self) -> None:
        """The agent looks."""
        self.events.append(Watch())

    def move(self, name: str, to: Spot, *, seen: bool) -> None:
        """A person moves a thing; into or out of a drawer with the drawer opened meanwhile."""
        drawers = sorted(
            place
            for place in {self.where[name].place, to.place}
            if self.cell[place].kind == "drawer"
        )
        for drawer in drawers:
            self.events.append(Drawer(name=drawer, share=1.0, seen=seen))
        self.events.append(Move(name=name, to=to, seen=seen))
        for drawer in drawers:
            self.events.append(Drawer(name=drawer, share=0.0, seen=seen))
        self.where[name] = to

    def move_into(
        self, name: str, place: str, *, seen: bool, slot: int = 0, slots: int = 1
    ) -> None:
        """A person puts a thing into a bin or drawer."""
        self.move(name, spot_in(self.poses, self.cell, place, slot=slot, slots=slots), seen=seen)

    def new_session(self) -> None:
        """The agent goes away and comes back later."""
        self.events.append(NewSession())

    def mark(self, name: str) -> None:
        """The arrangement of now is what the instruction will be about."""
        self.events.append(Mark(name="before" if name == "before" else "last_time"))

    # -- asking --------------------------------------------------------------------------------

    def called(self, name: str) -> str:
        """Returns the words for one thing: with its colour where the kind alone is not enough.

        Where both would do, chance decides.
        """
        item = self.items[name]
        alone = sum(other.kind == item.kind for other in self.items.values()) == 1
        return item.kind if alone and self.words.random() < 0.5 else f"{item.colour} {item.kind}"

    def ask(self, wording: str, **gaps: str) -> str:
        """Returns the instruction in words drawn from one set of sentences."""
        return word(wording, self.words, repeat=self.repeat, **gaps)

    def end(
        self,
        instruction: str,
        goals: tuple[Goal, ...] = (),
        *,
        answer: int | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> TaskEpisode:
        """Returns the finished task; that nothing falls off the table is always a goal."""
        return TaskEpisode(
            family=self.family,
            level=self.level,
            seed=self.seed,
            layout=Layout(items=tuple(self.items.values())),
            history=tuple(self.events),
            instruction=instruction,
            goals=(*goals, *(Kept(thing=name) for name in self.items)),
            answer=answer,
            roles=dict(roles or {}),
        )

    def drawers_closed(self) -> tuple[Goal, ...]:
        """Returns the goals that every drawer is closed."""
        return tuple(
            Closed(drawer=name) for name, part in self.cell.items() if part.kind == "drawer"
        )

    # -- choosing ------------------------------------------------------------------------------

    def some(self, names: tuple[str, ...], count: int) -> list[str]:
        """Draws `count` different ones from the chance of what there is."""
        order = self.cast.permutation(len(names))[:count]
        return [names[int(index)] for index in order]

    def one(self, names: tuple[str, ...]) -> str:
        """Draws one from the chance of what there is."""
        return names[int(self.cast.integers(len(names)))]


def occupied(kind: str, spot: Spot) -> Occupied:
    """Returns the outline of a thing at a spot."""
    size = size_of(kind)
    return Occupied(middle=(spot.x, spot.y), size=(size[0], size[1]), yaw=spot.yaw)
