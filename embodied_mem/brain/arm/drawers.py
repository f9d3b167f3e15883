"""Open and close: take a drawer by its handle from above and pull or push it along its way."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import drawer_shift, opened_share
from embodied_mem.brain.arm.hand_shape import down_pose, easy_yaw
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import State
from embodied_mem.robots.arm import Fixture
from embodied_mem.types import Command, Float64Array

HOOK = 0.034
"""Distance of the fingers that straddle the handle, m."""
BELOW = 0.004
"""How much deeper than the handle's middle the tool goes, m."""
BAR = (0.006, 0.022)
"""Distance of the fingers when the handle is between them, m."""
ABOVE = 0.07
"""Height above the handle from which the hand comes straight down, m."""
FURTHER = 0.009
"""How much further than closed a drawer is pushed, so that it surely shuts, m."""
PLAY = 0.006
"""Play of the handle between the fingers while they move it, m."""
SLOW_FROM = 0.015
"""Distance from shut from which a drawer is pushed slowly, m."""
SHUT = 8.0
"""Rise of the force that tells that it is shut, N."""
OPEN = 0.97
"""Share to which a drawer is opened, so that it is not pulled against its end."""
DONE = 0.93
"""Share that counts as open: beyond it there is nothing to do."""


@final
class Slide(HandSkill):
    """Opens or closes a drawer."""

    def __init__(self, workplace: Workplace, drawer: str, *, opens: bool) -> None:
        """Keeps the arguments."""
        super().__init__(workplace)
        self._drawer, self._share = drawer, OPEN if opens else 0.0

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where the hand is full, it is no drawer, or its handle is out of reach."""
        self.senses = senses
        fixture = self._fixture()
        hand = senses.state.hand
        if fixture is None or self.gripping or (hand is not None and hand.holding):
            return 0.0
        if self._already(senses.state):
            return 1.0
        pose = self._pose(fixture, opened_share(senses.state, self._drawer))
        if self.model.solve(self._lifted(pose), senses.arm.joints) is None:
            return 0.0
        end = self.model.solve(self._pose(fixture, self._share), senses.arm.joints)
        return 0.9 if end is not None else 0.0

    def _work(self) -> Iterator[Command]:
        fixture = self._fixture()
        if fixture is None:
            raise BadEndError(f"{self._drawer} is not a drawer")
        if self._already(self.state):
            return
        yield from self._hook(fixture)
        yield from self._slide(fixture)
        yield from self.fingers(HOOK)
        yield from self._retreat()

    # -- where -------------------------------------------------------------------------------------

    def _fixture(self) -> Fixture | None:
        fixture = self.place.cell.get(self._drawer)
        return fixture if fixture is not None and fixture.handle is not None else None

    def _already(self, state: State) -> bool:
        now = opened_share(state, self._drawer)
        return now >= DONE if self._share > 0.5 else now <= 1.0 - DONE - 0.04

    def _pose(self, fixture: Fixture, share: float) -> Float64Array:
        """Returns the pose of the tool around the handle, the fingers along the drawer's way."""
        slides = np.array(fixture.slides)
        position = np.array(fixture.handle) + drawer_shift(fixture, share)
        position[2] -= BELOW
        yaw = easy_yaw(position, float(np.arctan2(slides[1], slides[0])))
        return down_pose(position, yaw)

    def _lifted(self, pose: Float64Array) -> Float64Array:
        lifted = pose.copy()
        lifted[2, 3] += ABOVE
        return lifted

    # -- doing -------------------------------------------------------------------------------------

    def _hook(self, fixture: Fixture) -> Iterator[Command]:
        pose = self._pose(fixture, opened_share(self.state, self._drawer))
        self._width = HOOK
        yield from self.go(self.joints_for(self._lifted(pose), f"the handle of {self._drawer}"))
        yield from self.fingers(HOOK)
        pose = self._pose(fixture, opened_share(self.state, self._drawer))
        try:
            yield from self.line([self._lifted(pose), pose], self.config.descend)
        except BadEndError:
            yield from self._retreat()
            raise BadEndError(f"hit something at the handle of {self._drawer}") from None
        yield from self._feel(f"the handle of {self._drawer} is not between the fingers")

    def _feel(self, otherwise: str) -> Iterator[Command]:
        """Closes the fingers to feel the handle, then leaves it a little play.

        A handle that is pressed would drag the drawer against its rails with every millimetre
        that the hand is off the drawer's way.
        """
        yield from self.close_softly()
        opening = self.senses.arm.opening
        if not BAR[0] < opening < BAR[1]:
            yield from self.fingers(HOOK)
            yield from self._retreat()
            raise BadEndError(otherwise)
        yield from self.fingers(opening + PLAY)

    def _slide(self, fixture: Fixture) -> Iterator[Command]:
        end = self._pose(fixture, self._share)
        slides = np.array(fixture.slides)
        try:
            if self._share < 0.5:
                yield from self._shut(end, slides)
            else:
                yield from self.line([end], self.config.slide)
        except BadEndError:
            yield from self.fingers(HOOK)
            yield from self._retreat()
            raise BadEndError(f"{self._drawer} is stuck") from None
        yield from self._feel(f"the handle of {self._drawer} slipped out of the fingers")

    def _shut(self, end: Float64Array, slides: Float64Array) -> Iterator[Command]:
        """Pushes on, ever slower, until the force tells that the drawer is at its end."""

        def at(further: float) -> list[Float64Array]:
            pose = end.copy()
            pose[:3, 3] -= further * slides
            return [pose]

        yield from self.line(at(-SLOW_FROM), self.config.slide, settle=False)
        yield from self.line(at(0.0), self.config.touch, settle=False)
        calm = self.senses.arm.contact
        yield from self.line(
            at(FURTHER), self.config.creep, lambda: self.senses.arm.contact > calm + SHUT
        )
        pose = self.model.tool_pose(self._joints)
        pose[:3, 3] += 0.5 * PLAY * slides
        yield from self.line([pose], self.config.touch)

    def _retreat(self) -> Iterator[Command]:
        yield from self.raise_hand(ABOVE + 0.02)
