"""Pick: above, open, down, close, feel, lift, feel again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import opened_share
from embodied_mem.brain.arm.grasps import Grasp, grasps
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import Entity
from embodied_mem.types import Command, Float64Array

ACCESSIBLE = 0.55
"""How far a drawer must be open for a hand to reach into it, as a share."""
MOVED = 0.001
"""A target that moved by more than this while the hand was on its way is followed, m."""
FAR, TURNED = 0.03, 0.15
"""One that moved or turned by more than this is approached anew, m and (sine of) rad."""
TRIES = 6
"""How many of the best grasps are asked for joints."""


@final
class Pick(HandSkill):
    """Takes a thing from straight above and lifts it."""

    def __init__(
        self, workplace: Workplace, target: str, *, shift: float, higher: float, turn: float
    ) -> None:
        """Keeps the arguments.

        Args:
            workplace: The arm.
            target: Id of the thing.
            shift: Offset of the hand across the closing direction, m.
            higher: How much higher it is gripped, m.
            turn: Turn of the fingers, rad.
        """
        super().__init__(workplace)
        self._target = target
        self._shift, self._higher, self._turn = shift, higher, turn

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where the hand is full or the thing unknown, gone, shut away or out of reach."""
        self.senses = senses
        entity = senses.state.entities.get(self._target)
        hand = senses.state.hand
        if entity is None or entity.kind != "object" or entity.missing:
            return 0.0
        if (hand is not None and hand.holding) or self.gripping or self._shut_away(entity):
            return 0.0
        found = self._reachable(entity, senses.arm.joints)
        if found is None:
            return 0.0
        return float(np.clip(0.6 + 0.4 * found[0].score, 0.3, 1.0 if entity.visible else 0.8))

    def _work(self) -> Iterator[Command]:
        yield from self._approach()
        yield from self._descend()
        yield from self.fingers(0.0)
        yield from self.wait(0.1)
        if not self.gripping:
            yield from self._let_go()
            raise BadEndError("nothing between the fingers")
        yield from self._lift()

    # -- finding a grasp ---------------------------------------------------------------------------

    def _shut_away(self, entity: Entity) -> bool:
        fixture = self.place.cell.get(entity.place)
        if fixture is None or fixture.kind != "drawer":
            return False
        return opened_share(self.senses.state, entity.place) < ACCESSIBLE

    def _reachable(
        self, entity: Entity, near: Float64Array
    ) -> tuple[Grasp, Float64Array, Float64Array] | None:
        """Returns the best grasp that the arm reaches, with the joints above and at it."""
        ways = grasps(self.model, self.place.cell, self.state, entity, turn=self._turn)
        for grasp in ways[:TRIES]:
            lift = grasp.above - float(grasp.position[2])
            above = self.model.solve(self._perturbed(grasp, lift), near, restarts=3)
            if above is None:
                continue
            down = self.model.solve(self._perturbed(grasp, 0.0), above, restarts=0)
            if down is not None:
                return grasp, above, down
        return None

    def _perturbed(self, grasp: Grasp, lift: float) -> Float64Array:
        pose = grasp.pose(lift + self._higher)
        pose[:3, 3] += self._shift * pose[:3, 0]
        return pose

    # -- taking it ---------------------------------------------------------------------------------

    def _approach(self) -> Iterator[Command]:
        """Goes above the thing, again where it turned out to be elsewhere on the way."""
        for _ in range(3):
            entity = self.entity(self._target)
            if self._shut_away(entity):
                raise BadEndError(f"{self._target} is in a drawer that is not open")
            found = self._reachable(entity, self._joints)
            if found is None:
                raise BadEndError(self._why_not(entity))
            self._grasp, above, _ = found
            self._width = self._grasp.opening
            yield from self.go(above)
            yield from self.fingers(self._grasp.opening)
            now = self.entity(self._target)
            moved = now.position - entity.position
            turned = abs(float(np.sin(now.yaw - entity.yaw)))
            if np.abs(moved).max() < FAR and turned < TURNED:
                yield from self._follow(moved)
                return
        raise BadEndError(f"{self._target} does not keep still")

    def _follow(self, moved: Float64Array) -> Iterator[Command]:
        """Shifts the grasp by what the thing was seen to move, or to be elsewhere by."""
        if np.abs(moved).max() < MOVED:
            return
        self._grasp = replace(self._grasp, position=self._grasp.position + moved)
        lift = self._grasp.above - float(self._grasp.position[2])
        yield from self.line([self._perturbed(self._grasp, lift)], self.config.descend)

    def _why_not(self, entity: Entity) -> str:
        if grasps(self.model, self.place.cell, self.state, entity):
            return f"{self._target} is out of reach"
        return f"no room for the fingers beside {self._target}"

    def _descend(self) -> Iterator[Command]:
        try:
            yield from self.line([self._perturbed(self._grasp, 0.0)], self.config.descend)
        except BadEndError:
            yield from self._let_go()
            raise BadEndError("hit something on the way down") from None

    def _lift(self) -> Iterator[Command]:
        pose = self.model.tool_pose(self._joints)
        pose[2, 3] = max(pose[2, 3] + self.config.lift, self._grasp.above)
        yield from self.line([pose], self.config.descend, lambda: not self.gripping)
        if not self.gripping:
            yield from self.fingers(self.model.widest)
            raise BadEndError(f"lost {self._target} while lifting")

    def _let_go(self) -> Iterator[Command]:
        """Opens and goes back up, so that the next try starts in the clear."""
        yield from self.fingers(self._grasp.opening)
        pose = self.model.tool_pose(self._joints)
        pose[2, 3] = self._grasp.above
        yield from self.line([pose], self.config.descend, retreat=True)
