"""The brainstem of an arm: sense, reflexes, limits, act; once a tick, whatever the brain does."""

from collections import deque
from math import isfinite
from typing import final

from embodied_mem.brain.control.reflexes import (
    Done,
    ReflexConfig,
    Reflexes,
    ReflexEvent,
    ReflexKind,
    worst_error,
)
from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.arm import Arm, ArmState
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.joint_motion import JointMotion
from embodied_mem.types import Command

_EVENTS_KEPT = 1024
_DONE: dict[ReflexKind, Done] = {"stop": "stopped", "clear": "released"}


@final
class ControlLoop:
    """Drives one arm within limits, with reflexes, a watchdog and a latched stop.

    In a simulation the brain's own thread calls `sense`, decides, and calls `tick`; hosts
    (`thread_host`, `process_host`) call `tick` at a fixed rate on a thread or process of their own.
    Stops leave the fingers as they are, so that what is carried is not dropped.
    """

    def __init__(
        self, arm: Arm, limits: JointLimits, *, reflexes: ReflexConfig | None = None
    ) -> None:
        if len(limits) != len(arm.description.joints):
            raise ConfigError(
                f"limits are for {len(limits)} joints, the arm has {len(arm.description.joints)}"
            )
        self.arm = arm
        self.limits = limits
        self.config = reflexes or ReflexConfig()
        self.events: deque[ReflexEvent] = deque(maxlen=_EVENTS_KEPT)
        """The newest 1024 things that the loop did by itself, oldest first."""
        self.noted = 0
        """Events ever, those no longer kept included."""
        self.clipped = 0
        """Ticks on which a limit changed what was asked for."""
        self.stopped = ""
        """Why the arm is stopped until `clear`; empty where it is not."""
        self.state: ArmState | None = None
        """The newest readings."""
        self._seconds = arm.seconds_per_tick
        self._dwelt = 0
        self._dwell = round(self.config.dwell / self._seconds)
        self._bridged = round(self.config.coast / self._seconds)
        self._patience = round(self.config.watchdog / self._seconds)
        self._motions = [_motion(limits, joint, self._seconds) for joint in range(len(limits))]
        self._reflexes = Reflexes(self.config)
        self._started = False
        self._sensed = False
        self._silent = 0
        self._watchdog_fired = True  # nothing was ever commanded, so nothing can be late
        self._halting = False
        self._yield_to: list[float] | None = None
        self._gripper: float | None = None
        self._asked: list[tuple[ReflexKind, str]] = []

    @property
    def at_rest(self) -> bool:
        """Whether the commanded joints stand still."""
        return all(motion.velocity == 0.0 for motion in self._motions)

    @property
    def carrying(self) -> bool:
        """Whether the grip says that something has been held for a while."""
        return self._reflexes.carrying

    def sense(self) -> ArmState:
        """Reads the arm's sensors; the next `tick` decides on these readings."""
        state = self.state = self.arm.sense()
        self._sensed = True
        return state

    def tick(self, command: Command | None) -> Command:
        """Does one tick: reads the sensors if `sense` did not, runs the reflexes, and acts.

        Args:
            command: What the brain wants now, or None where it sent nothing new.

        Returns:
            What the arm says was really sent.

        Raises:
            BodyError: If the very first readings are not finite, so that nothing safe can be sent.
        """
        state = self.state
        if state is None or not self._sensed:
            state = self.sense()
        self._sensed = False
        measured = state.joints.tolist()
        if not self._started:
            self._start(measured)
        self._heed()
        told = [motion.position for motion in self._motions]
        error = worst_error(told, measured)
        for event in self._reflexes.watch(state, measured, error, self._releasing(state)):
            self._react(event, measured)
        self._move(self._checked(command))
        return self.arm.act(
            Command(
                joints=tuple([motion.position for motion in self._motions]), gripper=self._gripper
            )
        )

    def stop(self, reason: str) -> None:
        """Asks for a safe stop at the next tick, until `clear`; any thread may ask."""
        self._asked.append(("stop", reason))

    def clear(self) -> None:
        """Ends a stop from the next tick on; any thread may ask.

        The arm comes to rest all the same, and moves again on a fresh command after that.
        """
        self._asked.append(("clear", ""))

    def since(self, tick: int) -> tuple[ReflexEvent, ...]:
        """Returns the events from a tick on, oldest first; any thread may ask."""
        # The copy is taken in one go; the loop may add to the events meanwhile.
        return tuple(event for event in tuple(self.events) if event.tick >= tick)

    def _start(self, measured: list[float]) -> None:
        if not all(map(isfinite, measured)):
            raise BodyError(f"the arm's first readings are not finite: {measured}")
        for motion, position in zip(self._motions, measured, strict=True):
            motion.start(position)
        self._started = True

    def _heed(self) -> None:
        """Carries out what was asked for between two ticks, in the order of asking."""
        while self._asked:
            kind, reason = self._asked.pop(0)
            if kind == "stop":
                self._note("stop", 0.0, 0.0, reason)
                self.stopped, self._halting = self.stopped or reason or "stop", True
            elif self.stopped:
                self._note("clear", 0.0, 0.0, f"after {self.stopped}")
                self.stopped = ""
                self._reflexes.clear()

    def _react(self, event: ReflexEvent, measured: list[float]) -> None:
        hit = event.kind in ("contact", "tracking")
        if hit and self._yield_to is not None:
            return  # the force of the same hit goes on rising while the arm comes to rest
        self._keep(event)
        if event.done != "stopped":
            return
        self.stopped, self._halting = self.stopped or event.detail or event.kind, True
        if hit:
            # Whatever is in the way is pushed until the servos are told to be where they are.
            self._yield_to, self._dwelt = measured, 0
            self._hurry(True)

    def _checked(self, command: Command | None) -> Command | None:
        """Returns a command that can be carried out, or None; keeps the watchdog."""
        if command is not None and not self._sound(command):
            self._note("bad_command", 1.0, 0.0, "not finite, or not one number a joint")
            command = None
        if command is not None:
            self._silent, self._watchdog_fired = 0, False
            return command
        self._silent += 1
        if self._silent > self._patience and not (self._watchdog_fired or self.stopped):
            self._watchdog_fired = True
            silence = self._silent * self._seconds
            self._note("watchdog", silence, self.config.watchdog, "no fresh command")
        return None

    def _sound(self, command: Command) -> bool:
        total = 0.0 if command.gripper is None else command.gripper
        if command.joints is not None:
            if len(command.joints) != len(self._motions):
                return False
            total += sum(command.joints)
        return isfinite(total)

    def _move(self, command: Command | None) -> None:
        if self._halting:
            self._halt()
        elif command is None:
            if self._silent <= self._bridged and not self.at_rest:
                for motion in self._motions:
                    motion.coast()
            else:
                self._brake()
        else:
            if command.gripper is not None:
                self._gripper = min(max(command.gripper, 0.0), self.arm.description.widest)
            if command.joints is None:
                self._brake()
            elif not self._follow(command.joints):
                self.clipped += 1

    def _halt(self) -> None:
        if self._yield_to is None:
            self._brake()
        else:
            self._follow(self._yield_to)
        if not self.at_rest:
            return
        self._dwelt += 1
        if not self.stopped and (self._yield_to is None or self._dwelt > self._dwell):
            self._halting, self._yield_to = False, None
            self._hurry(False)

    def _hurry(self, on: bool) -> None:
        for motion in self._motions:
            motion.hurry(on)

    def _brake(self) -> None:
        for motion in self._motions:
            motion.brake()

    def _follow(self, targets: tuple[float, ...] | list[float]) -> bool:
        exact = True
        for motion, target in zip(self._motions, targets, strict=True):
            exact = motion.follow(target) and exact
        return exact

    def _releasing(self, state: ArmState) -> bool:
        return self._gripper is not None and self._gripper > state.opening + 0.002

    def _keep(self, event: ReflexEvent) -> None:
        self.events.append(event)
        self.noted += 1

    def _note(self, kind: ReflexKind, value: float, limit: float, detail: str) -> None:
        """Records what was not read from the sensors."""
        tick = 0 if self.state is None else self.state.tick
        self._keep(
            ReflexEvent(
                tick=tick,
                kind=kind,
                value=value,
                limit=limit,
                done=_DONE.get(kind, "held"),
                detail=detail,
            )
        )


def _motion(limits: JointLimits, joint: int, seconds_per_tick: float) -> JointMotion:
    return JointMotion(
        low=limits.low[joint],
        high=limits.high[joint],
        velocity=limits.velocity[joint],
        acceleration=limits.acceleration[joint],
        reflex_acceleration=limits.reflex_acceleration[joint],
        stop_acceleration=limits.stop_acceleration[joint],
        stop_jerk=limits.stop_jerk[joint],
        seconds_per_tick=seconds_per_tick,
    )
