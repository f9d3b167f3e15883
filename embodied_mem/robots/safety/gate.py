"""The safety gate: the one way from any brain to any robot.

The rules, where each is kept, and its default (of `GateConfig`). Figures are those of Nav2,
ros2_control and twist_mux where these have one; the host is `robots/robot.py` and what it uses.

| row | rule | kept by | default |
|---|---|---|---|
| 1 | a fixed rate while there is a task, then zero, then silence | host, `idle` | 20 Hz |
| 2 | an old command is no longer followed: ramp to rest | `_fall_silent` | 0.5 s |
| 3 | speed clipped, acceleration and jerk ramped | `base_gate`, `base_motion` | see config |
| 3 | not finite or of a wrong size: refused, and a stop | `_refuse` | - |
| 4 | `send` returns what was really sent | host, `tick` | - |
| 5 | an emergency stop is zero at once, latched, above everything | `latch` | next tick |
| 5 | the robot's own emergency stop is followed at once | `_judge`, `tick` | next tick |
| 6 | the end needs a newer reset, motion a fresh command | `latch`, `request` | - |
| 7 | motion only while the enabling switch is held | `_judge` | off; 0.3 s is usual |
| 8 | old sensors stop it | `freshness.stale` | 0.4 s |
| 8 | sensors that are frozen or not finite stop it | `freshness` | 0.6 s |
| 9 | nothing seen ahead is driven into: stop, slow, approach | `zones` | 0.1 m, 0.4 m, 1 s |
| 9 | a blind camera stops it | `zones` | 2 % of depth valid |
| 10 | joints stay within limits, also while they stop | `arm_motion` | `JointLimits` |
| 10 | bad trajectories are refused before anything is sent | `trajectories` | start 0.05 rad |
| 10 | a position that is too far away is refused | `arm_gate` | 0.35 rad |
| 11 | an arm that leaves its path holds where it is | `tolerance` | 0.05 rad |
| 11 | so does one that misses its goal | `tolerance` | 0.03 rad, 1 s |
| 12 | rest on exit, exception and signals | host, `bring_to_rest` | - |
| 13 | one owner, a human before autonomy | `owners` | brain 10, keyboard 90, joystick 100 |
| 14 | missing peers, QoS mismatch, rivals stop it | drivers, `Readings.faults` | - |

An emergency stop, the robot's own too, is zero at once (an arm: as fast as its drives can). Every
other stop ramps down with the deceleration limit. A stop that is not latched ends with its cause,
and then motion needs a command that comes after that. Jerk is kept while commands are followed;
what brakes for safety brakes at full deceleration at once.
"""

from collections import Counter
from math import isfinite
from threading import Lock
from typing import final

from embodied_mem.errors import CommandRefused, ConfigError, TrajectoryRefused
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.arm_gate import ArmGate
from embodied_mem.robots.safety.base_gate import BaseGate, clip_to
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.events import GateEvent, GateLog
from embodied_mem.robots.safety.freshness import stale, unsound
from embodied_mem.robots.safety.gated import GATE_STAMP, GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.latch import EstopLatch
from embodied_mem.robots.safety.owners import BRAIN as BRAIN
from embodied_mem.robots.safety.owners import JOYSTICK as JOYSTICK
from embodied_mem.robots.safety.owners import KEYBOARD as KEYBOARD
from embodied_mem.robots.safety.owners import Owner as Owner
from embodied_mem.robots.safety.owners import Ownership
from embodied_mem.robots.safety.tolerance import Progress
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command


@final
class SafetyGate:
    """Everything that a robot is told passes here. Pure logic: time is an argument.

    Safe from any thread. `now` is one monotonic clock for all methods, s.
    """

    def __init__(
        self, config: GateConfig, info: RobotInfo, *, joint_limits: JointLimits | None = None
    ) -> None:
        """Begins at rest, with nothing asked for.

        Args:
            config: Limits and times; the robot's own `action_features` tighten them further.
            info: What the robot is.
            joint_limits: Of the arm; None lets no joint move.

        Raises:
            ConfigError: If the limits are not for this arm, or an arm is set up without limits.
        """
        self.config = config
        self.info = info
        self._log = GateLog()
        self._latch = EstopLatch()
        self._owners = Ownership(config.watchdog)
        self._base = BaseGate(config, info)
        self._arm = _arm_gate(config, info, joint_limits)
        self.joint_limits = joint_limits
        """Of the arm; None lets no joint move."""
        self._gripper = info.action_features.get("gripper")
        self._lock = Lock()
        self._period = 1.0 / config.rate
        self._intent: Command | None = None
        self._requested = float("-inf")
        self._enabled = float("-inf")
        self._last: float | None = None
        self._cause: tuple[int, str] = (0, "")
        self._ended = ""
        self._clipped = 0

    # -- what is known ---------------------------------------------------------------------------

    @property
    def stopped(self) -> str:
        """Why the robot is not to move; empty where it may."""
        return self._latch.reason or self._cause[1] or self._ended

    @property
    def latched(self) -> bool:
        """Whether an emergency stop holds."""
        return self._latch.closed

    @property
    def owner(self) -> Owner | None:
        """Who has the robot."""
        return self._owners.owner

    @property
    def events(self) -> tuple[GateEvent, ...]:
        """The newest 1024 things that the gate did by itself, oldest first."""
        return tuple(self._log.events.copy())

    @property
    def counts(self) -> Counter[int]:
        """How many commands or ticks each row of the table changed."""
        return self._log.counts.copy()

    @property
    def clipped(self) -> int:
        """How many commands were beyond a limit of speed or opening."""
        return self._clipped

    @property
    def progress(self) -> Progress:
        """How far the newest trajectory has come."""
        return Progress() if self._arm is None else self._arm.progress

    @property
    def at_rest(self) -> bool:
        """Whether the last that was sent stands still, and no trajectory is under way."""
        return self._base.motion.at_rest and (self._arm is None or self._arm.at_rest)

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for and a stop was sent: there is nothing to stream (1)."""
        return self._intent is None and self.at_rest

    # -- what is asked for -----------------------------------------------------------------------

    def request(self, command: Command, *, owner: Owner, now: float) -> None:
        """Asks for a command until the next one, or until the watchdog ends it.

        While the robot is stopped for anything but the watchdog or a refusal, the command is not
        kept: motion needs one that comes after the stop has ended.

        Raises:
            CommandRefused: If somebody else has the robot (13), or the command is not finite, has
                the wrong size or steps too far (3, 10). A bad command ends what was asked for
                before, and the robot is brought to rest.
        """
        with self._lock:
            taken = self._claim(owner, now)
            try:
                self._refuse(command)
            except CommandRefused as error:
                self._end(f"a command was refused: {error}")
                raise
            if self._latch.closed or self._cause[1]:
                return
            if self._arm is not None and (taken or command.joints is not None):
                self._arm.end(f"{owner.name} sent a command")
            self._intent, self._requested, self._ended = self._within(command), now, ""

    def bring_to_rest(self, reason: str) -> None:
        """Ends what was asked for; the robot ramps to zero, and a fresh command ends that (12)."""
        with self._lock:
            self._log.note(self._now, 12, reason)
            self._end(reason)

    def estop(self, reason: str, stamp: float | None = None, *, source: str = "") -> None:
        """Latches the emergency stop; the next tick sends zero, whatever else there is (5).

        Args:
            reason: Why.
            stamp: When it was asked for, on the clock of the resets that may end it, s; None for
                here and now: only a reset without a stamp ends it then.
            source: Who asks, for the events.
        """
        with self._lock:
            said = f"{source}: {reason}" if source else reason
            if self._latch.stop(said, stamp):
                self._log.note(self._now, 5, f"emergency stop: {said}")
            self._drop(f"emergency stop: {said}")
            self._ended = ""

    def reset(self, stamp: float | None = None) -> bool:
        """Ends an emergency stop that is older than the stamp; motion needs a fresh command (6).

        Returns:
            Whether no emergency stop holds any more.
        """
        with self._lock:
            closed = self._latch.closed
            opened = self._latch.reset(stamp)
            if opened:
                self._base.forgive()
                if self._arm is not None:
                    self._arm.frozen.forgive()
            if closed:
                self._log.note(
                    self._now,
                    6,
                    "emergency stop ended" if opened else "a reset older than the stop was ignored",
                )
            return opened

    def enable(self, now: float) -> None:
        """Tells that the deadman's switch is held at this moment (7)."""
        with self._lock:
            self._enabled = max(self._enabled, now)

    def check(self, trajectory: Trajectory, readings: Readings) -> GatedTrajectory:
        """Checks every point of a trajectory (10).

        Raises:
            TrajectoryRefused: If anything is wrong; it says which point, joint and limit.
        """
        try:
            if self._arm is None:
                raise TrajectoryRefused("this robot has no arm whose limits are known")
            checked = self._arm.checks.check(trajectory, readings.joints)
        except TrajectoryRefused as error:
            with self._lock:
                self._log.note(self._now, 10, f"a trajectory was refused: {error}")
            raise
        return GatedTrajectory(GATE_STAMP, checked)

    def follow(self, gated: GatedTrajectory, now: float, *, owner: Owner = BRAIN) -> None:
        """Begins a trajectory; ticks stream it or watch the robot follow it, see `progress`.

        Raises:
            CommandRefused: If somebody else has the robot, or it is stopped.
            TrajectoryRefused: If the arm has left the start meanwhile.
        """
        with self._lock:
            if self._arm is None:
                raise TrajectoryRefused("this robot has no arm whose limits are known")
            if self._latch.closed or self._cause[1]:
                raise CommandRefused(f"the robot is stopped: {self.stopped}")
            self._claim(owner, now)
            self._arm.follow(gated.trajectory, now)
            if self._intent is not None and self._intent.joints is not None:
                self._intent = None
            self._ended = ""

    # -- what is sent ----------------------------------------------------------------------------

    def look(self, readings: Readings, now: float) -> None:
        """Judges readings without sending; `tick` does that too.

        The cause of a stop shows in `stopped`; one that is gone lets the next request through.
        """
        with self._lock:
            self._look(readings, now)

    def tick(self, readings: Readings, now: float) -> GatedCommand:
        """Returns what is to be sent now: at the rate, and at once after an emergency stop.

        Args:
            readings: The newest readings.
            now: The time, s; what is sent changes by as much as was allowed since the last tick.
        """
        with self._lock:
            self._look(readings, now)
            seconds = self._since_last(readings, now)
            self._watch_over(readings, now)
            # A robot whose own emergency stop holds is not to be driven on along a ramp.
            urgent, stop = self._latch.closed or bool(readings.stopped), self.stopped
            intent = None if stop else self._intent
            base = self._base.motion
            if urgent:
                base.halt()
            elif intent is None:
                base.brake(seconds)
            elif self._base.move((intent.forward, intent.turn), readings, seconds):
                self._log.last(now, 9, "slowed down for what is ahead")
            else:
                self._log.end(9)
            joints = None
            if self._arm is not None:
                wanted = None if intent is None else intent.joints
                joints = self._arm.step(wanted, now, stop=bool(stop), urgent=urgent)
            forward, turn = base.velocities()
            command = Command(
                forward=forward,
                turn=turn,
                tilt=0.0 if intent is None else intent.tilt,
                joints=joints,
                gripper=None if intent is None else intent.gripper,
            )
            return GatedCommand(GATE_STAMP, command, stop=stop, urgent=urgent)

    # -- inside ----------------------------------------------------------------------------------

    def _since_last(self, readings: Readings, now: float) -> float:
        """Returns how long the last command has held, s; takes the time over."""
        seconds = self._period if self._last is None else max(0.0, now - self._last)
        self._last = now if self._last is None else max(now, self._last)
        if seconds <= self.config.watchdog:
            return seconds
        # Who was silent for so long (a program that hung) cannot go on from what it sent then: the
        # base has stopped by its own timeout, and is at what it measures, where that is new.
        self._log.note(now, 2, f"nothing was sent for {seconds:.2f} s")
        if self._cause[1]:
            self._base.motion.halt()
        else:
            self._base.motion.resume(readings.forward, readings.turn)
        return self._period

    @property
    def _now(self) -> float:
        return 0.0 if self._last is None else self._last

    def _claim(self, owner: Owner, now: float) -> bool:
        try:
            taken = self._owners.claim(owner, now)
        except CommandRefused as error:
            self._log.last(now, 13, f"refused: {error}")
            raise
        self._log.end(13)
        if taken is None:
            return False
        self._log.note(now, 13, f"{owner.name} took the robot from {taken.name}")
        return True

    def _refuse(self, command: Command) -> None:
        """Raises CommandRefused where a command is not one that could be followed."""
        joints, gripper = command.joints, command.gripper
        total = command.forward + command.turn + command.tilt
        total += 0.0 if gripper is None else gripper
        row, why = 3, ""
        if not isfinite(total if joints is None else total + sum(joints)):
            why = f"a command must be finite, got {command}"
        elif gripper is not None and self._gripper is None:
            why = "this robot has no gripper"
        elif joints is not None:
            row, why = 10, "this robot has no arm whose limits are known"
            if self._arm is not None:
                why = self._arm.refuse(joints)
        if why:
            self._log.note(self._now, row, f"refused: {why}")
            raise CommandRefused(why)

    def _within(self, command: Command) -> Command:
        """Returns a command within the limits of speed and opening."""
        forward, turn, tilt = self._base.clip(command)
        gripper = command.gripper
        if gripper is not None and self._gripper is not None:
            gripper = clip_to(self._gripper, gripper)
        same = forward == command.forward and turn == command.turn and tilt == command.tilt
        if same and gripper == command.gripper:
            self._log.end(3)
            return command
        self._clipped += 1
        self._log.last(self._now, 3, f"clipped to the limits: {command}")
        return Command(
            forward=forward, turn=turn, tilt=tilt, joints=command.joints, gripper=gripper
        )

    def _look(self, readings: Readings, now: float) -> None:
        cause = self._judge(readings, now)
        if cause[0] != self._cause[0]:
            self._log.end(self._cause[0])
        self._cause = cause
        if cause[1]:
            self._drop(cause[1])

    def _judge(self, readings: Readings, now: float) -> tuple[int, str]:
        """Returns the row and the reason for which the robot must not move; (0, '') for none."""
        if readings.stopped:
            return 5, f"the robot is stopped: {readings.stopped}"
        if readings.faults:
            return 14, readings.faults[0]
        why = stale(readings, self.info.required, self.config.stale, now) or unsound(readings)
        if why:
            return 8, why
        deadman = self.config.deadman
        if deadman is not None and not now - self._enabled <= deadman:
            return 7, f"the enabling switch was not held for {deadman:g} s"
        if self._arm is not None:
            why = self._arm.judge(readings, now)
            if why:
                return 8, why
        return self._base.judge(readings, now)

    def _watch_over(self, readings: Readings, now: float) -> None:
        """Ends what was asked for where it is too old or goes wrong."""
        if self._cause[1]:
            self._log.last(now, self._cause[0], self._cause[1])
        self._requested = min(self._requested, now)
        if self._intent is not None and now - self._requested > self.config.watchdog:
            self._fall_silent(now)
        if self._arm is not None:
            self._watch_arm(self._arm, readings, now)
        self._owners.expire(now)

    def _watch_arm(self, arm: ArmGate, readings: Readings, now: float) -> None:
        if self._intent is not None and self._intent.joints is not None:
            why = arm.cannot_begin(self._intent.joints)
            if why:
                self._log.note(now, 10, f"refused: {why}")
                self._end(f"a command was refused: {why}")
        if arm.following:
            self._owners.keep(now)
            age = readings.ages.get("joints", 0.0)
            why = arm.watch(readings.time - (age if isfinite(age) else 0.0))
            if why:
                self._log.note(now, 11, why)
                self._end(why)

    def _fall_silent(self, now: float) -> None:
        """The watchdog: what asked for nothing at rest just ends, all else is a stop."""
        intent = self._intent
        asked = intent is not None and (intent.forward or intent.turn or intent.tilt)
        following = self._arm is not None and self._arm.following
        if asked or not (self.at_rest or following):
            self._log.note(now, 2, f"no command for {self.config.watchdog:g} s")
            self._end(f"no command for {self.config.watchdog:g} s")
        else:
            self._intent = None

    def _end(self, reason: str) -> None:
        """Stops until a fresh command."""
        self._drop(reason)
        self._ended = reason

    def _drop(self, reason: str) -> None:
        self._intent = None
        if self._arm is not None:
            self._arm.end(reason)


def _arm_gate(config: GateConfig, info: RobotInfo, limits: JointLimits | None) -> ArmGate | None:
    if limits is None:
        if config.arm is not None:
            raise ConfigError(f"the gate of {info.name} has an arm, but no joint limits were given")
        return None
    if len(limits) != len(info.joints):
        raise ConfigError(f"limits are for {len(limits)} joints, {info.name} has {info.joints}")
    return ArmGate(
        info, limits, config.arm or ArmGateConfig(), period=1.0 / config.rate, frozen=config.frozen
    )
