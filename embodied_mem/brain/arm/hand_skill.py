"""What all skills of a hand share: their life, following motions, fingers, and bad ends."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.arm.bumps import Bumps
from embodied_mem.brain.arm.config import HandConfig
from embodied_mem.brain.arm.held import held_spheres
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.motion import Motion, joint_motion
from embodied_mem.brain.arm.planner import NoWayError, Planner
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import Entity, State
from embodied_mem.robots.arm import WorkCell
from embodied_mem.types import Command, Float64Array

_AT_REST = 0.02
_BRAKE = (0.9, 0.75, 0.6, 0.45, 0.3, 0.2, 0.1, 0.05)
"""Shares of a tick by which a motion goes on while it is broken off."""
_BACK = 24
"""How many ticks of a motion are undone where the hand hit something."""
_WORSE = 10.0
"""Rise of the force that counts as a bump where the hand was pushed from the start, N."""
_CREEP = 0.15
"""Joint speed below which a motion is stopped within a tick, rad/s."""


class BadEndError(Exception):
    """A skill cannot go on; the message is its `reason`."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Workplace:
    """What every skill of one arm needs."""

    model: ArmModel
    cell: WorkCell
    planner: Planner
    config: HandConfig
    bumps: Bumps


class HandSkill(ABC):
    """A closed loop of one arm, written as a generator that yields one command a tick.

    Subclasses implement `_work`, which reads `self.senses` anew after every command, ends by
    returning, and ends badly by raising `BadEndError`.
    """

    def __init__(self, workplace: Workplace) -> None:
        self.place = workplace
        self.model = workplace.model
        self.config = workplace.config
        self.status = Status.RUNNING
        self.reason = ""
        self.senses: ArmSenses
        self._width: float | None = None
        self._run: Iterator[Command] | None = None

    @abstractmethod
    def can_execute(self, senses: ArmSenses) -> float:
        """Returns how well the skill could do its work here and now, from 0 to 1."""

    @abstractmethod
    def _work(self) -> Iterator[Command]:
        """Yields one command a tick until the work is done."""

    def enter(self, senses: ArmSenses) -> None:
        """Takes the arm over as it is."""
        self.senses = senses
        self._joints = senses.arm.joints.copy()
        moving = np.abs(senses.arm.velocities).max() > _AT_REST
        self._velocity: Float64Array | None = senses.arm.velocities.copy() if moving else None
        self._limit = max(self.config.bumped, senses.arm.contact + _WORSE)
        self._run = self._all()

    def step(self, senses: ArmSenses) -> Command:
        """Returns the command of this tick and brings `status` up to date."""
        if self._run is None or self.status is not Status.RUNNING:
            return Command()
        self.senses = senses
        try:
            return next(self._run)
        except StopIteration:
            self.status = Status.SUCCEEDED
        except (BadEndError, NoWayError) as bad:
            self.status, self.reason = Status.FAILED, str(bad)
        self._run = None
        return Command(gripper=self._width)

    def leave(self) -> None:
        """Forgets what was planned."""
        self._run = None

    def _all(self) -> Iterator[Command]:
        yield from self._step_back()
        yield from self._work()

    def _step_back(self) -> Iterator[Command]:
        """Leaves what the skill before ran into, and keeps in mind that it is there."""
        if self.senses.arm.contact < self.config.pressed:
            return
        back = self.place.bumps.way_back(self._joints)
        if back is None:
            return
        self.place.bumps.note(self.state.tick)
        motion = joint_motion(
            self.model, [self._joints, back], self.config.carrying, velocity=self._velocity
        )
        if motion is not None:
            yield from self.follow(motion, retreat=True)

    # -- what is sensed and believed ---------------------------------------------------------------

    @property
    def state(self) -> State:
        """What is believed at this tick."""
        return self.senses.state

    def entity(self, name: str) -> Entity:
        """Returns a believed thing; a bad end where it is unknown or gone."""
        entity = self.state.entities.get(name)
        if entity is None:
            raise BadEndError(f"{name} is not known")
        if entity.missing:
            raise BadEndError(f"{name} is not where it was believed to be")
        return entity

    @property
    def gripping(self) -> bool:
        """Whether something is between the fingers, by feel."""
        arm = self.senses.arm
        return arm.grip >= self.config.least_grip and arm.opening >= self.config.least_opening

    @property
    def holding(self) -> str:
        """Id of what is believed to be in the hand, empty where nothing is."""
        hand = self.state.hand
        return hand.holding if hand is not None else ""

    def lost(self) -> bool:
        """Whether nothing is between the fingers any more, by feel."""
        return not self.gripping

    def held(self, name: str) -> Float64Array | None:
        """Returns (H, 4) spheres around what is held, in the frame of the tool."""
        entity = self.state.entities.get(name)
        if entity is None:
            return None
        return held_spheres(self.model.tool_pose(self._joints), entity)

    # -- what it does, a few ticks at a time -------------------------------------------------------

    def follow(
        self,
        motion: Motion,
        stop: Callable[[], bool] | None = None,
        *,
        settle: bool = True,
        retreat: bool = False,
        crossing: bool = False,
    ) -> Iterator[Command]:
        """Yields the commands of a motion and waits until the arm has arrived.

        Args:
            motion: What to follow.
            stop: Asked at every tick; true breaks the motion off smoothly.
            settle: Whether to wait for the arm to arrive.
            retreat: Whether this leads away from what may press on the hand; else it is a bad end
                where the hand is hit hard.
            crossing: Whether nothing is meant to be touched on the way.
        """
        self._velocity = None
        for index, command in enumerate(motion.commands):
            self._joints = motion.joints[index]
            if not retreat:
                self.place.bumps.walked(self._joints, crossing=crossing)
            yield Command(joints=command, gripper=self._width)
            if stop is not None and stop():
                yield from self._brake(motion, index)
                return
            if self._bumped() and not retreat:
                yield from self._brake(motion, index)
                self.place.bumps.note(self.state.tick)
                yield from self._back_off(motion, index)
                raise BadEndError("hit something on the way")
        for _ in range(self.config.settle if settle else 0):
            if np.abs(self.senses.arm.joints - self._joints).max() < self.config.at_rest:
                return
            yield self._hold()

    def _bumped(self) -> bool:
        """Whether the hand is hit hard, or harder than it already was when the skill took over."""
        contact = self.senses.arm.contact
        self._limit = min(self._limit, max(self.config.bumped, contact + _WORSE))
        return contact > self._limit

    def _back_off(self, motion: Motion, index: int) -> Iterator[Command]:
        """Goes back a little along a motion, so that the hand does not press on what it hit."""
        here = self._joints
        for before in range(index, max(-1, index - _BACK), -1):
            share = min(1.0, (index - before + 1) / len(_BRAKE))
            self._joints = here + share * (motion.joints[before] - here)
            yield self._hold()

    def _brake(self, motion: Motion, index: int) -> Iterator[Command]:
        """Runs on along a motion ever slower, so that no joint is stopped with a jerk."""
        last = len(motion) - 1
        step = np.abs(motion.joints[index] - motion.joints[max(index - 1, 0)]).max()
        if step < _CREEP * self.config.limits.seconds_per_tick:
            return
        for at in index + np.cumsum(_BRAKE):
            share = min(float(at), float(last))
            low = int(share)
            high = min(low + 1, last)
            self._joints = motion.joints[low] + (share - low) * (
                motion.joints[high] - motion.joints[low]
            )
            yield self._hold()

    def _hold(self) -> Command:
        return Command(joints=tuple(self._joints.tolist()), gripper=self._width)

    def wait(self, seconds: float) -> Iterator[Command]:
        """Holds still."""
        for _ in range(self._ticks(seconds)):
            yield self._hold()

    def fingers(self, width: float, *, seconds: float = 1.0) -> Iterator[Command]:
        """Opens or closes the fingers and waits until they stop moving, m."""
        self._width = width
        before, still = self.senses.arm.opening, 0
        for _ in range(self._ticks(seconds)):
            yield self._hold()
            now = self.senses.arm.opening
            still = still + 1 if abs(now - before) < 1e-4 else 0
            before = now
            if still >= 10 or abs(now - width) < 1e-3:
                return

    def close_softly(self) -> Iterator[Command]:
        """Closes the fingers slowly until something or nothing is between them."""
        step = self.config.soft * self.config.limits.seconds_per_tick
        width = self.senses.arm.opening
        while width > 0.0 and self.senses.arm.opening - width < 0.004:
            width = max(0.0, width - step)
            self._width = width
            yield self._hold()
        yield from self.wait(0.05)

    def go(
        self,
        joints: Float64Array,
        *,
        held: str = "",
        touching: Collection[str] = (),
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Command]:
        """Goes to a posture past everything that is believed to be there, and what is felt.

        Args:
            joints: (J,) rad.
            held: Id of what is in the hand.
            touching: Ids of what may be touched.
            stop: Asked at every tick; true breaks the motion off smoothly.
        """
        for further in (True, True, False):
            try:
                yield from self._cross(joints, held, touching, stop)
                return
            except NoWayError:
                if not further or not self.place.bumps.boxes(self.state.tick).names:
                    raise
                # Perhaps what stands there moves on, as people do.
                yield from self.wait(self.config.yields)
                self.place.bumps.forget()
            except BadEndError:
                if not further:
                    raise

    def _cross(
        self,
        joints: Float64Array,
        held: str,
        touching: Collection[str],
        stop: Callable[[], bool] | None,
    ) -> Iterator[Command]:
        motion = self.place.planner.reach(
            self._joints,
            joints,
            self.state,
            held=self.held(held) if held else None,
            leave_out=(held, *touching),
            velocity=self._velocity,
            limits=self.config.carrying if held else None,
            unseen=self.place.bumps.boxes(self.state.tick),
        )
        yield from self.follow(motion, stop, crossing=True)

    def line(
        self,
        poses: list[Float64Array],
        speed: float,
        stop: Callable[[], bool] | None = None,
        *,
        settle: bool = True,
        retreat: bool = False,
    ) -> Iterator[Command]:
        """Moves the tool in straight lines, m/s; see `follow`."""
        motion = self.place.planner.line(self._joints, poses, metres_per_second=speed)
        yield from self.follow(motion, stop, settle=settle, retreat=retreat)

    def down_to(self, pose: Float64Array) -> Iterator[Command]:
        """Goes straight down; where it hits something it comes back up and ends badly."""
        before = self.model.tool_pose(self._joints)
        try:
            yield from self.line([pose], self.config.descend)
        except BadEndError:
            yield from self.line([before], self.config.descend, retreat=True)
            raise BadEndError("hit something on the way down") from None

    def clear_low(self) -> Iterator[Command]:
        """Raises a hand that is lower than walls and things before it goes anywhere else."""
        low = self.config.clear - float(self.model.tool_pose(self._joints)[2, 3])
        if low > 0.0:
            yield from self.raise_hand(low)

    def through(self, skill: "HandSkill") -> Iterator[Command]:
        """Lets another skill work until it ends; its bad end is this one's."""
        skill.enter(self.senses)
        while True:
            command = skill.step(self.senses)
            if skill.status is not Status.RUNNING:
                break
            yield command
        skill.leave()
        self._joints, self._width = skill._joints, skill._width
        if skill.status is Status.FAILED:
            raise BadEndError(skill.reason)

    def raise_hand(self, by: float, speed: float | None = None) -> Iterator[Command]:
        """Moves the tool straight up."""
        pose = self.model.tool_pose(self._joints)
        pose[2, 3] += by
        yield from self.line(
            [pose], speed if speed is not None else self.config.descend, retreat=True
        )

    def joints_for(self, pose: Float64Array, what: str) -> Float64Array:
        """Returns joints for a pose of the tool; a bad end where there are none."""
        joints = self.model.solve(pose, self._joints)
        if joints is None:
            raise BadEndError(f"{what} is out of reach")
        return joints

    def _ticks(self, seconds: float) -> int:
        return max(1, round(seconds / self.config.limits.seconds_per_tick))
