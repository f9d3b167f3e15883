"""What the brain of an arm believes of its table: seen, felt and remembered.

```text
picture -> things in it -> which is which -> believed things -> facts in the store
joints  -> what is in the hand ----------------^      |
                                                      v
                                     State: entities and hand, at every tick
```
"""

from typing import Final, final

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.fixtures import fixture_entities
from embodied_mem.brain.planning.situation import Arranged, Arrangement, Remembered
from embodied_mem.brain.remember.items import ItemRecords
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.memory import MemoryStore
from embodied_mem.robots.arm import ArmState, WorkCell
from embodied_mem.scene.tabletop.boxes import turned
from embodied_mem.scene.tabletop.perception import TabletopPerception
from embodied_mem.scene.tabletop.recognition import Appearance
from embodied_mem.scene.tabletop.thing import Pose, Thing
from embodied_mem.scene.tabletop.tracker import Tracker
from embodied_mem.types import Float64Array, Observation

_PRESSED: Final = 0.4
"""Force from which on the fingers hold something, N."""
_LOOSE: Final = 0.1
"""Force below which they hold nothing, N."""
_STEADY: Final = 4
"""Ticks in a row that this must be so."""
_FOLLOWS: Final = 0.0005
"""Way, m, and turn, rad, that the hand may go before what it holds is moved along."""


@final
class Belief:
    """Keeps in mind what is on a table, in its drawers and bins, and in the hand.

    Args:
        cell: The fixtures, as an engineer measured them.
        model: The arm's kinematics.
        store: Where to keep what is believed; what it holds of earlier visits is remembered.
        session: Name of this visit.
        memory: Whether anything is kept in mind; without, only what is visible now is believed.
        appearance: What things look like; what ships with the package where None.
        seconds_per_tick: Length of a tick, s.
    """

    def __init__(
        self,
        cell: WorkCell,
        model: ArmModel,
        store: MemoryStore | None = None,
        session: str = "",
        *,
        memory: bool = True,
        appearance: Appearance | None = None,
        seconds_per_tick: float = 0.005,
    ) -> None:
        self.cell = cell
        self._model = model
        self._eyes = TabletopPerception(cell, appearance)
        self._tracker = Tracker(self._eyes.fixtures, gap=round(0.75 / seconds_per_tick))
        self._memory = memory
        self._records = ItemRecords(store, session) if store is not None and memory else None
        self.seconds_per_tick = seconds_per_tick
        self._camera_tick = 0
        self._marks: dict[str, dict[str, Arranged]] = {}
        self._grip_ticks = 0
        self._T_tool_held = np.eye(4)
        self._tool_tick = -1
        self._tool: Float64Array = np.eye(4)
        self._entities: dict[str, Entity] = {}
        self._revision = -1
        self._shown_held = np.full((4, 4), np.inf)
        if self._records is not None:
            self._tracker.remember(self._records.known())

    # -- taking in -----------------------------------------------------------------------------

    def observe(self, observation: Observation, arm: ArmState) -> bool:
        """Takes a picture in.

        Args:
            observation: Of any camera of the arm.
            arm: The joints when it was taken.

        Returns:
            Whether it showed anything that can be believed; black or torn pictures change nothing.

        Raises:
            StoreFullError: If what changed cannot be written down.
        """
        spheres = self._model.spheres(arm.joints, arm.opening)
        self._carry(arm)
        picture = self._eyes.look(observation, spheres, self._tracker.opened)
        if picture is None:
            return False
        self._tracker.take(picture)
        self._camera_tick = observation.tick
        if not self._memory:
            self._tracker.forget_unseen()
        self._write(observation.tick)
        return True

    def feel(self, arm: ArmState) -> None:
        """Takes one tick of joint readings in: what the fingers grasp, carry and let go."""
        held = self._tracker.held
        pressed = arm.grip > (_LOOSE if held else _PRESSED)
        if pressed == bool(held):
            self._grip_ticks = 0
            if held:
                self._carry(arm)
            return
        self._grip_ticks += 1
        if self._grip_ticks < _STEADY:
            return
        if held:
            self._let_go(arm.tick)
        else:
            self._take_hold(arm)

    def mark(self, name: str = "before") -> None:
        """Notes how things lie now, to be asked for by `arrangement`."""
        self._marks[name] = {
            thing.id: _arranged(self._tracker.closed_pose(thing))
            for thing in self._tracker.things.values()
            if not thing.missing and thing.place != "hand"
        }

    # -- telling -------------------------------------------------------------------------------

    def state(self, arm: ArmState) -> State:
        """Returns what is believed at this tick; entities are shared while nothing changed."""
        if self._revision != self._tracker.revision:
            self._entities = self._all_entities()
            self._revision = self._tracker.revision
        tool = self._tool_pose(arm)
        hand = Hand(
            position=tool[:3, 3],
            yaw=float(np.arctan2(tool[1, 1], tool[0, 1])),
            opening=arm.opening,
            grip=arm.grip,
            contact=arm.contact,
            holding=self._tracker.held,
        )
        return State(
            tick=arm.tick,
            seconds=arm.tick * self.seconds_per_tick,
            entities=self._entities,
            hand=hand,
            camera_tick=self._camera_tick,
        )

    def remembered(self) -> tuple[Remembered, ...]:
        """Returns where each thing was at the end of every visit, this one last."""
        earlier = () if self._records is None else self._records.remembered()
        if not self._memory:
            return ()
        now = (
            Remembered(
                entity=thing.id,
                place=thing.place,
                position=_arranged(self._tracker.closed_pose(thing)).position,
                tick=thing.tick,
                closed_in=thing.closed_in,
            )
            for thing in sorted(self._tracker.things.values(), key=lambda each: each.tick)
            if not thing.session
        )
        return (*earlier, *now)

    def arrangement(self, when: str) -> Arrangement:
        """Returns how things lay at one time, by id.

        Args:
            when: `last_time` for the end of the visit before. `before` for this visit's beginning:
                each thing where it was first seen. Or a name that was given to `mark`, which
                `before` may be too. Things in drawers are given as if these were closed.
        """
        if not self._memory:
            return {}
        if when == "last_time":
            return {} if self._records is None else self._records.last_time()
        if when in self._marks:
            return dict(self._marks[when])
        return {
            thing.id: _arranged(thing.first)
            for thing in self._tracker.things.values()
            if thing.first is not None
        }

    # -- the hand ------------------------------------------------------------------------------

    def _take_hold(self, arm: ArmState) -> None:
        tool = self._tool_pose(arm)
        thing = self._tracker.find_under(tool[:3, 3])
        self._grip_ticks = 0
        if thing is None:
            return
        self._T_tool_held = np.linalg.inv(tool) @ _posed(thing)
        self._tracker.hold(thing)
        self._shown_held = tool

    def _carry(self, arm: ArmState) -> None:
        """Moves what is held along with the hand."""
        if not self._tracker.held:
            return
        tool = self._tool_pose(arm)
        if np.abs(tool - self._shown_held).max() < _FOLLOWS:
            return
        self._shown_held = tool
        self._tracker.carry(*_placed(tool @ self._T_tool_held), arm.tick)
        if self._revision == self._tracker.revision:
            thing = self._tracker.things[self._tracker.held]
            self._entities = {**self._entities, thing.id: _entity(thing)}

    def _let_go(self, tick: int) -> None:
        thing = self._tracker.things[self._tracker.held]
        self._tracker.release(thing.position, thing.yaw, tick)
        self._grip_ticks = 0
        self._write(tick)

    def _tool_pose(self, arm: ArmState) -> Float64Array:
        if arm.tick != self._tool_tick:
            self._tool = self._model.tool_pose(arm.joints)
            self._tool_tick = arm.tick
        return self._tool

    # -- inside --------------------------------------------------------------------------------

    def _write(self, tick: int) -> None:
        if self._records is None:
            return
        ways = {
            name: drawer.way(self._tracker.opened[name])
            for name, drawer in self._eyes.fixtures.drawers.items()
        }
        self._records.follow(self._tracker.things.values(), tick, ways)

    def _all_entities(self) -> dict[str, Entity]:
        entities = fixture_entities(self.cell, self._tracker.opened, self._camera_tick)
        entities.update((thing.id, _entity(thing)) for thing in self._tracker.things.values())
        return entities


def _entity(thing: Thing) -> Entity:
    return Entity(
        id=thing.id,
        kind="object",
        category=thing.category,
        colour=thing.colour,
        position=thing.position,
        size=thing.size,
        yaw=thing.yaw,
        place=thing.place,
        seen_tick=thing.tick,
        visible=thing.visible,
        missing=thing.missing,
        tilt=thing.tilt,
    )


def _arranged(pose: Pose) -> Arranged:
    x, y, z = (round(float(value), 5) for value in pose.position)
    return Arranged((x, y, z), pose.yaw, pose.place)


def _posed(thing: Thing) -> Float64Array:
    """Returns the (4, 4) pose of the middle of a thing's box."""
    pose = np.eye(4)
    cos, sin = np.cos(thing.yaw), np.sin(thing.yaw)
    pose[:2, :2] = (cos, -sin), (sin, cos)
    pose[:3, 3] = thing.position
    return pose


def _placed(pose: Float64Array) -> tuple[Float64Array, float, float]:
    """Returns the position of a pose, its turn about the vertical and how far it leans."""
    yaw = turned(float(np.arctan2(pose[1, 0], pose[0, 0])))
    return pose[:3, 3].copy(), yaw, float(np.arccos(np.clip(pose[2, 2], -1.0, 1.0)))
