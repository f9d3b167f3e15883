"""Puts operators together so that goals are reached in a scene, nothing being in the way.

The order of the plan that was learned from is of no use where other things are in the way, so it
is found anew: a move is free where nothing lies on its thing and on its spot; drawers are opened
before they are needed and closed when they no longer are; where nothing is free, what hinders is
put aside. Only operators that worked before are used; where one is missing there is no plan.
"""

from collections.abc import Mapping, Sequence
from typing import Final, final

import msgspec

from embodied_mem.brain.learning.methods.binding import Goal
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import (
    Filling,
    Names,
    NotGeneralError,
    Spot,
    fill,
    fill_condition,
)
from embodied_mem.brain.learning.methods.transfer import operator_for
from embodied_mem.brain.plan.schema import Node, Task
from embodied_mem.brain.planning.rules.footprint import Footprint, gap, rectangle
from embodied_mem.brain.planning.rules.goals import At, In, On, Target
from embodied_mem.brain.planning.rules.spots import NoRoomError, free_place

_MOST: Final = 60
"""An assembly with more moves goes round in circles."""
_MARGIN: Final = 0.005
"""A spot is taken where another thing comes this near, m."""
_ZONE_MARGIN: Final = 0.012


@final
class Assembly:
    """Assembles one plan.

    Args:
        scene: What the plan is for.
        goals: What is to be reached, by thing; earlier ones go first where the order is free.
        operators: By name.
        shut: Whether drawers that were opened are closed again.
    """

    def __init__(
        self,
        scene: Scene,
        goals: Mapping[str, Goal],
        operators: Mapping[str, Node],
        *,
        shut: bool = True,
    ) -> None:
        self.nodes: list[Node] = []
        self.opened: dict[str, None] = {}
        """Drawers that were opened on the way."""
        self.names = Names()
        self._scene, self._goals, self._operators = scene, goals, operators
        self._world = scene.world()
        self._shut = shut
        self._moves = 0
        self._moved: set[str] = set()
        self._sought: set[str] = set()
        self._opening: tuple[str, ...] = ()
        """Drawers that are about to be opened."""

    def run(self) -> None:
        """Fills `nodes`.

        Raises:
            NotGeneralError: If an operator is missing, or no order is found.
        """
        if self._world.holding:
            raise NotGeneralError("the hand is not empty")
        try:
            while pending := self._pending():
                self._step(pending)
                self._close_unneeded()
            self._close_unneeded()
            self._shut_holders()
        except NoRoomError as error:
            raise NotGeneralError(str(error)) from None

    # -- what is left to do -------------------------------------------------------------------

    def _pending(self) -> list[str]:
        return [thing for thing in self._goals if not self._reached(thing)]

    def _reached(self, thing: str) -> bool:
        piece, goal = self._world.things[thing], self._goals[thing]
        if piece.missing or piece.lost:
            return False
        if goal.target is None:
            return thing in self._moved
        return goal.target.reached(self._world, piece)

    def _step(self, pending: list[str]) -> None:
        """Moves the first thing that can be moved, or puts aside what hinders."""
        hindered: dict[str, list[str]] = {}
        for thing in sorted(pending, key=self._effort):
            hindered[thing] = self._hindrances(thing)
            if not hindered[thing]:
                self._move(thing)
                return
        for thing in pending:
            for other in hindered[thing]:
                if self._world.lies_loose(self._world.things[other]):
                    self._put_aside(self._top_of(other))
                    return
        raise NotGeneralError(f"{pending[0]} cannot be moved")

    def _effort(self, thing: str) -> tuple[bool, int]:
        """Orders what can be moved: known things first, then those that need few drawers."""
        return self._world.things[thing].missing, len(self._to_open(thing))

    def _hindrances(self, thing: str) -> list[str]:
        """Returns the things that must be moved before this one."""
        world, goal = self._world, self._goals[thing]
        piece, target = world.things[thing], goal.target
        found = [] if piece.lost or piece.missing else list(world.on_top_of(thing))
        if isinstance(target, At):
            spot = piece.footprint.at(target.x, target.y, target.yaw)
            found += world.in_way_of(spot, margin=_MARGIN, but=(thing,))
        elif isinstance(target, On):
            found += [other for other in world.on_top_of(target.holder) if other != thing]
            if target.holder in self._goals and not self._reached(target.holder):
                found.append(target.holder)
            if target.holder in world.on_top_of(thing):
                found.append(target.holder)
        return list(dict.fromkeys(found))

    def _to_open(self, thing: str) -> list[str]:
        piece, target = self._world.things[thing], self._goals[thing].target
        wanted = [] if piece.lost or piece.missing else [piece.place]
        if isinstance(target, In):
            wanted.append(target.holder)
        opened = self._world.opened
        return [name for name in dict.fromkeys(wanted) if opened.get(name, True) is not True]

    # -- what is done -------------------------------------------------------------------------

    def _move(self, thing: str) -> None:
        goal = self._goals[thing]
        if thing not in self._sought:
            # Right before it is taken: a drawer in which it was seen may be closed by then.
            self._sought.add(thing)
            self._find(goal)
        for drawer in self._to_open(thing):
            self._open(drawer)
        if self._reached(thing) or self._covers_spot(goal):
            return
        self._count()
        target, spots = goal.target, goal.spots
        if target is None:
            target = free_place(self._world, thing, avoid=self._promised(thing))
            spots = (Spot(target.x, target.y, target.yaw),)
        holes = {"thing": thing, "holder": goal.holder}
        node = self._filled(goal.move(self._scene), holes, spots)
        self.nodes.append(self._unless_near(node, thing, target))
        self._settle(thing, target)

    def _covers_spot(self, goal: Goal) -> bool:
        """Closes drawers that stand open over a goal's spot; tells whether there were any."""
        if not isinstance(goal.target, At):
            return False
        world = self._world
        piece = world.things[goal.thing]
        spot = piece.footprint.at(goal.target.x, goal.target.y, goal.target.yaw)
        over = [
            name
            for name, state in world.opened.items()
            if state is not False and gap(spot, world.sweep(name)) < _MARGIN
        ]
        if over and (piece.lost or piece.place in over):
            self._put_aside(goal.thing)
        for drawer in over:
            self._close(drawer)
        return bool(over)

    def _put_aside(self, thing: str) -> None:
        self._count()
        target = free_place(self._world, thing, avoid=self._promised(thing))
        node = self._filled("aside", {"thing": thing}, (Spot(target.x, target.y, target.yaw),))
        waits = thing in self._goals and not self._reached(thing)
        node = self._unless_near(node, thing, target)
        if waits and isinstance(node, Task) and node.post:
            # Where it is in its place by then, it need not be put aside any more.
            post = (f"{node.post[0]} or {self._goals[thing].condition}", *node.post[1:])
            node = msgspec.structs.replace(node, post=post)
        self.nodes.append(node)
        self._settle(thing, target, aside=True)

    def _unless_near(self, node: Node, thing: str, target: Target) -> Node:
        """Leaves out the post-conditions of a move that is so short that they hold before it."""
        if isinstance(target, At) and target.is_near(self._world.things[thing]):
            return msgspec.structs.replace(node, post=())
        return node

    def _open(self, drawer: str) -> None:
        self._clear_sweep(drawer)
        self.nodes.append(self._filled("open", {"drawer": drawer}))
        self._world.opened[drawer] = True
        self.opened[drawer] = None

    def _close(self, drawer: str) -> None:
        self.nodes.append(self._filled("close", {"drawer": drawer}))
        self._world.opened[drawer] = False

    def _clear_sweep(self, drawer: str) -> None:
        world = self._world
        self._opening = (*self._opening, drawer)
        while hindering := world.in_way_of(world.sweep(drawer), margin=_MARGIN):
            self._put_aside(self._top_of(hindering[0]))

    def _close_unneeded(self) -> None:
        if not self._shut:
            return
        pending = self._pending()
        if any(self._world.things[thing].lost for thing in pending):
            return  # nobody knows in which drawer it will be found
        needed = {self._world.things[thing].place for thing in pending}
        needed |= {self._goals[thing].holder for thing in pending}
        for drawer in self.opened:
            if drawer not in needed and self._world.opened[drawer] is not False:
                self._close(drawer)

    def _shut_holders(self) -> None:
        """Closes the drawers that things were put into and that stood open before."""
        for goal in self._goals.values():
            state = self._world.opened.get(goal.holder)
            if goal.holder in self._world.opened and state is not False and self._shut:
                self._close(goal.holder)
                self.opened[goal.holder] = None

    def _find(self, goal: Goal) -> None:
        """Looks for a thing that is missing, or that may not be where it should."""
        world, thing = self._world, goal.thing
        piece = world.things[thing]
        unsure = goal.thorough and world.is_shut_in(thing) and not self._reached(thing)
        unsure = unsure and "find" in self._operators
        if not piece.missing and not unsure:
            return
        outer = self._filled("find", {"thing": thing})
        assert isinstance(outer, Task)
        children: list[Node] = []
        drawers = self._drawers_to_search(thing, unsure)
        for drawer in drawers:
            holes = {"thing": thing, "drawer": drawer}
            before = len(self.nodes)
            self._clear_sweep(drawer)
            clearing, self.nodes[before:] = self.nodes[before:], []
            search = self._filled("search", holes)
            assert isinstance(search, Task)
            whole = (*clearing, *search.children)
            children += [
                msgspec.structs.replace(search, children=whole),
                self._filled("leave", holes),
            ]
        if "rest" in self._operators:
            rest = self._filled("rest", {"thing": thing})
            assert isinstance(rest, Task)
            children += rest.children
        self.nodes.append(msgspec.structs.replace(outer, children=tuple(children)))
        for drawer in drawers:
            world.opened[drawer] = None
            self.opened[drawer] = None
        world.update(thing, lost=True, missing=False)

    def _drawers_to_search(self, thing: str, unsure: bool) -> list[str]:
        """Returns the drawers worth opening, those in which the thing was last first."""
        world = self._world
        piece = world.things[thing]
        seen_in = [r.place for r in reversed(self._scene.remembered) if r.entity == thing]
        first = [piece.place] if unsure else [name for name in seen_in if name in world.opened]
        return [
            name
            for name in dict.fromkeys((*first, *sorted(world.opened)))
            if world.opened[name] is not True and not (piece.missing and piece.place == name)
        ]

    # -- helpers ------------------------------------------------------------------------------

    def _filled(self, name: str, things: Mapping[str, str], spots: Sequence[Spot] = ()) -> Node:
        node = operator_for(name, self._operators)
        if node is None:
            raise NotGeneralError(f"it was never learned how to {name}")
        return fill(node, Filling(things=things, spots=spots), self.names)

    def _count(self) -> None:
        self._moves += 1
        if self._moves > _MOST:
            raise NotGeneralError("no order is found in which the things can be moved")

    def _top_of(self, thing: str) -> str:
        while above := self._world.on_top_of(thing):
            thing = above[0]
        return thing

    def _settle(self, thing: str, target: Target, *, aside: bool = False) -> None:
        """Moves a thing in thought."""
        world = self._world
        piece = world.things[thing]
        half = 0.5 * piece.size[2]
        yaw = piece.yaw
        if isinstance(target, At):
            spot, place = (target.x, target.y, half), "table"
            yaw = yaw if target.yaw is None else target.yaw
        elif isinstance(target, On):
            base = world.things[target.holder]
            spot, place = (*base.position[:2], base.top + half), base.place
        else:
            view = world.fixtures[target.holder]
            x, y = (0.5 * (view.low[n] + view.high[n]) for n in (0, 1))
            spot, place = (x, y, view.low[2] + half), target.holder
        world.update(thing, position=spot, place=place, yaw=yaw, lost=False, missing=False)
        if not aside:
            self._moved.add(thing)

    def _promised(self, thing: str) -> list[Footprint]:
        """Returns where nothing may be put aside: what others will need, and zones to be left."""
        world = self._world
        pending = self._pending()
        spots = [
            world.things[other].footprint.at(target.x, target.y, target.yaw)
            for other in pending
            if isinstance(target := self._goals[other].target, At)
        ]
        sweeps = [world.sweep(name) for name in self._drawers_to_come(pending)]
        left = {goal.zone for goal in self._goals.values() if goal.zone}
        return [*spots, *sweeps, *(self._widened(zone) for zone in sorted(left))]

    def _drawers_to_come(self, pending: list[str]) -> list[str]:
        """Returns the drawers that may still have to be opened."""
        world = self._world
        if any(world.things[n].lost or world.things[n].missing for n in pending):
            return list(world.opened)
        if any(self._goals[n].thorough for n in pending):
            return list(world.opened)
        named = {world.things[other].place for other in pending} | set(self._opening)
        named |= {goal.holder for goal in self._goals.values()}
        return [name for name in world.opened if name in named]

    def _widened(self, zone: str) -> Footprint:
        """Returns a zone and a little around it: what is put beside it must not reach over it."""
        area = rectangle(self._world.fixtures[zone].low, self._world.fixtures[zone].high)
        half_x, half_y = area.half_x + _ZONE_MARGIN, area.half_y + _ZONE_MARGIN
        return Footprint(x=area.x, y=area.y, half_x=half_x, half_y=half_y)


def promise_text(text: str, goal: Goal) -> str:
    """Returns what the root promises of a goal."""
    things = {"thing": goal.thing, "holder": goal.holder}
    return fill_condition(text, Filling(things=things, spots=goal.spots))
