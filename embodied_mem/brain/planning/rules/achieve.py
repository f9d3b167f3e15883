"""Brings things to where they belong, in an order in which nothing is in the way.

The planner thinks each move through on its `World` before it adds it to the plan. What hinders a
move is looked up each time: things on top, things on the spot, a pile that is not ready, things
before a drawer that has to open. Moves that nothing hinders go first; if all are hindered, what
hinders is put aside on a free spot, which also breaks cycles such as a swap.
"""

from collections.abc import Iterable

from embodied_mem.brain.planning.rules.draft import Draft
from embodied_mem.brain.planning.rules.footprint import Footprint, gap
from embodied_mem.brain.planning.rules.goals import At, In, On, Target, said
from embodied_mem.brain.planning.rules.search import search, survey
from embodied_mem.brain.planning.rules.spots import NoRoomError, free_place
from embodied_mem.brain.planning.rules.world import World

MOST_MOVES = 80
"""A plan with more moves than this goes round in circles."""
SPOT_MARGIN = 0.005
"""A spot is taken where another thing comes this near, m."""


class UnplannableError(Exception):
    """The rules find no plan; the message is for the person who asked."""


class Mover:
    """Adds to a draft what brings every thing to its target."""

    def __init__(
        self,
        draft: Draft,
        targets: dict[str, Target],
        *,
        avoid: Iterable[Footprint] = (),
        keep_open: Iterable[str] = (),
        hints: dict[str, tuple[str, ...]] | None = None,
        thorough: bool = False,
        unpickable: frozenset[str] = frozenset(),
    ) -> None:
        """Prepares.

        Args:
            draft: The plan so far, and the world as it will be after it.
            targets: Where things are to end up; earlier ones go first where the order is free.
            avoid: Where nothing may be put aside.
            keep_open: Drawers that stay open once they had to be opened.
            hints: Of things that are lost, where to look first.
            thorough: Whether to plan for a thing that is not in the drawer in which it should be.
            unpickable: Things that the hand could not take; they are pushed.
        """
        self.draft = draft
        self.targets = targets
        self._avoid = tuple(avoid)
        self._keep_open = frozenset(keep_open)
        self._hints = hints or {}
        self._thorough = thorough
        self._unpickable = unpickable
        self._used: dict[str, None] = {}
        self._moves = 0
        self._opening = ""
        self._surveyed: tuple[str, ...] = ()

    @property
    def world(self) -> World:
        """What is thought of the scene after all that is planned so far."""
        return self.draft.world

    @property
    def used_drawers(self) -> tuple[str, ...]:
        """Drawers that are opened on the way and closed again."""
        return tuple(name for name in self._used if name not in self._keep_open)

    def run(self) -> None:
        """Plans all moves, and closes what was opened.

        Raises:
            UnplannableError: If there is no room, or no order works.
        """
        try:
            self._find_lost()
            self._empty_hand()
            while pending := self._pending():
                self._moves += 1
                if self._moves > MOST_MOVES:
                    raise UnplannableError("I find no order in which the things can be moved")
                self._next_move(pending)
                self._close_unneeded()
            self._close_unneeded()
        except NoRoomError as error:
            raise UnplannableError(str(error)) from None

    def clear_sweep(self, drawer: str) -> None:
        """Puts aside what an opening drawer would push away."""
        world = self.world
        self._opening = drawer
        while hindering := world.in_way_of(world.sweep(drawer), margin=SPOT_MARGIN):
            self._put_aside(self._topmost(hindering[0]))
        self._opening = ""

    def put_aside(self, thing: str) -> None:
        """Puts a thing, and first what lies on it, on a free spot of the table."""
        self.uncover(thing)
        self._put_aside(thing)

    def uncover(self, thing: str) -> None:
        """Puts aside what lies on a thing."""
        while self.world.on_top_of(thing):
            self._put_aside(self._topmost(thing))

    def open(self, drawer: str) -> None:
        """Opens a drawer, once the way is free and the hand empty."""
        if self.world.holding:
            self._put_aside(self.world.holding)
        self.clear_sweep(drawer)
        self._used.setdefault(drawer)
        self.draft.open(drawer)

    def _find_lost(self) -> None:
        """Plans to find what is not where it was.

        A single thing is taken from wherever it turns up. Where there is more to do, every drawer
        is looked into once and closed, for what is done next may need room before it.
        """
        world = self.world
        missing = [thing for thing in self.targets if world.things[thing].missing]
        unsure = [t for t in self.targets if self._thorough and world.is_shut_in(t)]
        unsure = [thing for thing in unsure if not self._done(thing)]
        if (missing or unsure) and world.holding:
            self._empty_hand()
        if len(self.targets) > 1 and missing:
            first = tuple(dict.fromkeys(h for t in missing for h in self._hints.get(t, ())))
            for drawer in list(world.opened):
                if world.opened[drawer] is not True:
                    self.clear_sweep(drawer)
            self._surveyed = survey(self.draft, missing, first, self.clear_sweep)
            self._used.update(dict.fromkeys(self._surveyed))
        elif len(self.targets) == 1 and (missing or unsure):
            thing = next(iter(self.targets))
            first = (world.things[thing].place,) if unsure else self._hints.get(thing, ())
            drawers = search(self.draft, thing, first, self.clear_sweep)
            self._used.update(dict.fromkeys(drawers))

    def _pending(self) -> list[str]:
        return [thing for thing in self.targets if not self._done(thing)]

    def _done(self, thing: str) -> bool:
        piece = self.world.things[thing]
        if piece.missing or piece.lost or self.world.holding == thing:
            return False
        return self.targets[thing].reached(self.world, piece)

    def _empty_hand(self) -> None:
        """Starts with what the hand already holds: to its target, or aside."""
        thing = self.world.holding
        if not thing or thing not in self.world.things:
            return
        target = self.targets.get(thing)
        if target is None or self._hindrances(thing):
            self._put_aside(thing)
        else:
            self._move(thing)

    def _next_move(self, pending: list[str]) -> None:
        hindered = {thing: self._hindrances(thing) for thing in pending}
        free = [thing for thing in pending if not hindered[thing]]
        if free:
            self._move(min(free, key=lambda thing: self._lateness(thing, pending)))
            return
        for thing in pending:
            movable = [h for h in hindered[thing] if self._may_put_aside(h)]
            if movable:
                self._put_aside(self._topmost(movable[0]))
                return
        raise UnplannableError(f"I see no way to move the {said(pending[0])}")

    def _lateness(self, thing: str, pending: list[str]) -> tuple[bool, bool, bool, int]:
        """Orders moves: what needs an open drawer, then a drawer, then the rest.

        Last comes what is to lie where a drawer has still to open: it would only be in the way.
        """
        world, target = self.world, self.targets[thing]
        drawers = [world.things[thing].place]
        if isinstance(target, In):
            drawers.append(target.holder)
        drawers = [name for name in drawers if name in world.opened]
        waits = isinstance(target, At) and any(
            gap(self._spot(thing, target), world.sweep(name)) < SPOT_MARGIN
            for name in self._drawers_to_come()
        )
        is_open = any(world.opened[name] is True for name in drawers)
        return waits, not is_open, not drawers, pending.index(thing)

    def _spot(self, thing: str, target: At) -> Footprint:
        return self.world.things[thing].footprint.at(target.x, target.y, target.yaw)

    def _may_put_aside(self, thing: str) -> bool:
        """Tells whether putting a thing aside is progress: not if it waits for others itself."""
        return self.world.lies_loose(self.world.things[thing])

    def _hindrances(self, thing: str) -> list[str]:
        """Returns the things that must be moved before this one can be."""
        world, target = self.world, self.targets[thing]
        piece = world.things[thing]
        found: list[str] = [] if piece.lost else list(world.on_top_of(thing))
        if isinstance(target, At):
            spot = self._spot(thing, target)
            found += world.in_way_of(spot, margin=SPOT_MARGIN, but=(thing,))
        elif isinstance(target, On):
            found += [other for other in world.on_top_of(target.holder) if other != thing]
            if target.holder in self.targets and not self._done(target.holder):
                found.append(target.holder)
            found += self._below(target.holder, thing)
        return list(dict.fromkeys(found))

    def _below(self, holder: str, thing: str) -> list[str]:
        """Returns the holder where it rests on the very thing that is to go onto it."""
        under = [holder]
        while under:
            base = under.pop()
            if base in self.world.on_top_of(thing):
                return [holder]
            under += [other for other in self.world.things if base in self.world.on_top_of(other)]
        return []

    def _to_open(self, thing: str) -> list[str]:
        """Returns the drawers that have to be opened for a move."""
        world, target = self.world, self.targets[thing]
        piece = world.things[thing]
        wanted = [] if piece.lost else [piece.place]
        if isinstance(target, In):
            wanted.append(target.holder)
        return [d for d in dict.fromkeys(wanted) if world.opened.get(d, True) is not True]

    def _move(self, thing: str) -> None:
        if self.world.things[thing].lost:
            for drawer in self._surveyed:
                self.clear_sweep(drawer)
                self.draft.open_if_inside(drawer, thing)
        for drawer in self._to_open(thing):
            self.open(drawer)
        target, world = self.targets[thing], self.world
        if isinstance(target, At) and not self._room_beside_drawers(thing, target):
            return
        if thing not in self._pending():
            return
        pushes = thing in self._unpickable and world.lies_loose(world.things[thing])
        if isinstance(target, At) and pushes:
            self.draft.push(thing, target)
        else:
            self.draft.move(thing, target)

    def _room_beside_drawers(self, thing: str, target: At) -> bool:
        """Closes drawers that stand open over a spot; tells whether the move can go on."""
        world = self.world
        piece, spot = world.things[thing], self._spot(thing, target)
        over = [
            name
            for name, state in world.opened.items()
            if state is not False and gap(spot, world.sweep(name)) < SPOT_MARGIN
        ]
        if not over:
            return True
        if piece.lost or piece.place in over or world.holding:
            self._put_aside(thing)
        for other in self._pending():
            # What must come out of it comes out before it closes, not after.
            if world.things[other].place in over and not world.things[other].lost:
                self._put_aside(self._topmost(other))
        for drawer in over:
            self.draft.close(drawer)
        return False

    def _close_unneeded(self) -> None:
        """Closes the drawers that no move needs any more."""
        pending = self._pending()
        if not self._surveyed and any(self.world.things[thing].lost for thing in pending):
            return  # nobody knows in which drawer it was found
        needed = {self.world.things[thing].place for thing in pending}
        for thing in pending:
            target = self.targets[thing]
            if isinstance(target, In):
                needed.add(target.holder)
        for drawer in self.used_drawers:
            if drawer not in needed and self.world.opened[drawer] is not False:
                self.draft.close(drawer)

    def _topmost(self, thing: str) -> str:
        """Returns the top of the pile in which a thing is."""
        while above := self.world.on_top_of(thing):
            thing = above[0]
        return thing

    def _put_aside(self, thing: str) -> None:
        self._moves += 1
        if self._moves > MOST_MOVES:
            raise UnplannableError("I find no order in which the things can be moved")
        spot = free_place(self.world, thing, avoid=self._promised(thing))
        in_place = thing in self.targets and self._done(thing)
        at_last = None if in_place else self.targets.get(thing)
        self.draft.move(thing, spot, aside=True, at_last=at_last)

    def _promised(self, thing: str) -> list[Footprint]:
        """Returns where nothing may be put aside: spots that others will need."""
        world = self.world
        spots = [
            world.things[other].footprint.at(target.x, target.y, target.yaw)
            for other, target in self.targets.items()
            if isinstance(target, At) and not self._done(other)
        ]
        sweeps = [world.sweep(name) for name in self._drawers_to_come()]
        return [*self._avoid, *spots, *sweeps]

    def _drawers_to_come(self) -> list[str]:
        """Returns the drawers that may still have to be opened."""
        world, pending = self.world, self._pending()
        lost = any(world.things[t].lost or world.things[t].missing for t in pending)
        if lost or self._thorough:
            return list(world.opened)
        named = {world.things[thing].place for thing in pending}
        named |= {t.holder for t in self.targets.values() if isinstance(t, In)}
        named.add(self._opening)
        return [name for name in world.opened if name in named]
