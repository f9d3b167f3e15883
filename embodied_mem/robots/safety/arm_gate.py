"""The part of a gate that concerns an arm: streamed positions, trajectories, and holding."""

from collections.abc import Sequence
from typing import final

from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.arm_motion import ArmMotion
from embodied_mem.robots.safety.config import ArmGateConfig
from embodied_mem.robots.safety.freshness import FrozenSensors
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.tolerance import Progress, ToleranceMonitor
from embodied_mem.robots.safety.trajectories import TrajectoryChecks
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Float64Array

_CREEP = 0.01


@final
class ArmGate:
    """Brings an arm's references within limits, and watches the trajectory that it follows.

    Where the robot follows trajectories by itself, it is told positions only to make it stop.
    """

    def __init__(
        self,
        info: RobotInfo,
        limits: JointLimits,
        config: ArmGateConfig,
        *,
        period: float,
        frozen: float,
    ) -> None:
        self.checks = TrajectoryChecks(info.joints, limits, config)
        self.motion = ArmMotion(limits, period)
        self.frozen = FrozenSensors(frozen)
        self._config, self._names = config, info.joints
        self._by_itself = info.follows_trajectories
        self._monitor: ToleranceMonitor | None = None
        self._flying = False
        self._yield_to: list[float] | None = None
        self._goal: list[float] | None = None
        self._measured: Float64Array | None = None
        self._speeds: Float64Array | None = None

    @property
    def progress(self) -> Progress:
        """How far the newest trajectory has come."""
        return Progress() if self._monitor is None else self._monitor.progress

    @property
    def following(self) -> bool:
        """Whether a trajectory is being followed."""
        return self._monitor is not None and self._monitor.progress.status == "running"

    @property
    def at_rest(self) -> bool:
        """Whether the arm is told nothing more."""
        return not (self.following or self._flying) and self.motion.at_rest

    def refuse(self, joints: Sequence[float]) -> str:
        """Returns why a streamed position is not taken, in words; empty where it is."""
        if len(joints) != len(self._names):
            return f"a command has {len(joints)} joints, the robot has {len(self._names)}"
        if self._measured is None:
            return ""  # judged by `cannot_begin`, before anything is sent
        for name, target, where in zip(self._names, joints, self._measured.tolist(), strict=True):
            if not abs(target - where) <= self._config.max_step:
                return (
                    f"{name} is asked to step {abs(target - where):.3f} rad, at most "
                    f"{self._config.max_step} rad is allowed"
                )
        return ""

    def cannot_begin(self, joints: Sequence[float]) -> str:
        """Returns why an arm at rest cannot be taken to a position, in words; '' where it can."""
        if self.motion.engaged:
            return ""
        if self._measured is None:
            return "nothing is known of where the joints are"
        return self.refuse(joints)

    def judge(self, readings: Readings, now: float) -> str:
        """Takes the newest readings; returns why the arm must not move, '' where it may."""
        self._measured, self._speeds = readings.joints, readings.joint_velocities
        if self._measured is None:
            return "nothing is known of where the joints are" if self.motion.engaged else ""
        if len(self._measured) != len(self._names):
            return f"{len(self._measured)} joints are measured, the robot has {len(self._names)}"
        self.frozen.see("the joints", self._measured.tobytes(), now)
        return self.frozen.judge(self._told(now), self._moves(), now)

    def follow(self, trajectory: Trajectory, now: float) -> None:
        """Begins a trajectory that was checked; raises TrajectoryRefused as `TrajectoryChecks`."""
        self.checks.check_start(trajectory.positions[0], self._measured)
        self.end("another trajectory began")
        self._monitor = ToleranceMonitor(trajectory, self._config, now, self._names)
        self._yield_to, self._goal, self._flying = None, None, self._by_itself

    def end(self, reason: str) -> None:
        """Ends a running trajectory; what follows is decided by the next step."""
        if self._monitor is not None:
            self._monitor.stop(reason)

    def watch(self, when: float) -> str:
        """Judges the newest measurement, taken at some time; returns why the arm must hold."""
        if self._monitor is None or not self.following or self._measured is None:
            return ""
        progress = self._monitor.judge(self._measured, when)
        if progress.status == "done":
            self._flying = False
            self._goal = self._monitor.trajectory.positions[-1].tolist()
        elif progress.status == "aborted":
            self._yield_to = self._measured.tolist()
        return progress.reason

    def step(
        self, joints: Sequence[float] | None, now: float, *, stop: bool, urgent: bool
    ) -> tuple[float, ...] | None:
        """Returns the positions to send now, rad; None where there is nothing to tell.

        Args:
            joints: Positions that are asked for, rad; None holds.
            now: The time, s.
            stop: Whether to come to rest instead.
            urgent: Whether as fast as the drives can.
        """
        self._land()
        streamed = self.following and not self._by_itself
        if not self.motion.engaged:
            if stop or self._measured is None or not (streamed or joints is not None):
                return None
            self.motion.engage(self._measured.tolist())
        if self.motion.due(now):
            if urgent:
                self.motion.halt()
            elif stop:
                self._come_to_rest()
            else:
                self._go(joints, now)
        positions = self.motion.positions
        if (stop or not (streamed or joints is not None)) and self.motion.at_rest:
            # Whoever begins anew begins from where the arm is then, not from here.
            self._yield_to = None
            self.motion.release()
        return positions

    def _go(self, joints: Sequence[float] | None, now: float) -> None:
        self._yield_to = None
        self.motion.hurry(False)
        if joints is not None:
            self._goal = None
            self.motion.follow(joints)
        elif self._monitor is not None and self.following:
            self.motion.follow(self._monitor.wanted(now).tolist())
        elif self._goal is not None:
            self.motion.follow(self._goal)
        else:
            self.motion.brake()

    def _come_to_rest(self) -> None:
        self._goal = None
        if self._yield_to is None:
            self.motion.brake()
        else:
            self.motion.hurry(True)
            self.motion.follow(self._yield_to)

    def _land(self) -> None:
        """Takes over from a robot that follows a trajectory by itself and must not any more."""
        if not self._flying or self.following or self._measured is None:
            return
        self._flying = False
        speeds = None if self._speeds is None else self._speeds.tolist()
        self.motion.engage(self._measured.tolist(), speeds)

    def _told(self, now: float) -> bool:
        if self._flying and self._monitor is not None:
            ahead = self._monitor.wanted(now + 0.1) - self._monitor.wanted(now)
            return bool(abs(ahead).max() > 0.1 * _CREEP)
        return self.motion.engaged and self.motion.fastest > _CREEP

    def _moves(self) -> bool:
        return self._speeds is not None and bool(abs(self._speeds).max() > _CREEP)
