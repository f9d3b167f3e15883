"""The gate under arbitrary streams: commands, owners, ticks, sensors, stops and resets."""

from math import isfinite, nan

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from embodied_mem.errors import CommandRefused
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gate import BRAIN, JOYSTICK, KEYBOARD, Owner, SafetyGate
from embodied_mem.types import Command
from gates import base_info, pose

CONFIG = GateConfig(zones=None, deadman=0.3, frozen=2.0)
WATCHDOG = CONFIG.watchdog
FORWARD, TURN = CONFIG.forward, CONFIG.turn
assert FORWARD is not None and TURN is not None
AXES = (FORWARD, TURN)
OTHER = Owner("other brain", 10)

numbers = st.one_of(st.floats(-2.0, 2.0), st.sampled_from([0.0, 0.5, -0.25, 1.5]))
wild = st.sampled_from([nan, float("inf"), float("-inf")])


class GateMachine(RuleBasedStateMachine):
    """A second, simpler account of what a gate may let through, kept beside the real one."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = SafetyGate(CONFIG, base_info(required=("odom",)))
        self.now = 100.0
        self.age = 0.0
        self.stopped, self.faults = "", ()
        self.enabled = self.now
        self.gate.enable(self.now)
        self.latched = False
        self.newest_stop, self.local_stop = float("-inf"), False
        self.owner: Owner | None = None
        self.heard = float("-inf")
        self.live: Command | None = None
        self.asked = float("-inf")
        self.cause = False
        self.ticked: float | None = None
        self.sent = (0.0, 0.0)
        self.rates = (0.0, 0.0)
        self.followed = 0
        self.steps = 0

    # -- what happens to it ----------------------------------------------------------------------

    @rule(seconds=st.one_of(st.just(0.05), st.floats(0.0, 0.2), st.floats(0.2, 2.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(forward=numbers, turn=numbers, owner=st.sampled_from([BRAIN, OTHER, KEYBOARD, JOYSTICK]))
    def command(self, forward: float, turn: float, owner: Owner) -> None:
        command = Command(forward=forward, turn=turn)
        if not self._may_own(owner):
            with pytest.raises(CommandRefused, match="has the robot"):
                self.gate.request(command, owner=owner, now=self.now)
            return
        self.gate.request(command, owner=owner, now=self.now)
        self._own(owner)
        if not (self.latched or self.cause):
            self.live, self.asked = command, self.now

    @rule(bad=wild, owner=st.sampled_from([BRAIN, JOYSTICK]))
    def bad_command(self, bad: float, owner: Owner) -> None:
        owns = self._may_own(owner)
        with pytest.raises(CommandRefused):
            self.gate.request(Command(forward=bad, turn=bad), owner=owner, now=self.now)
        if owns:
            self._own(owner)
            self.live = None

    @rule(stamp=st.one_of(st.none(), st.floats(0.0, 10.0), st.just(nan)))
    def estop(self, stamp: float | None) -> None:
        self.gate.estop("test", stamp, source="button")
        self.latched, self.live = True, None
        if stamp is None or not isfinite(stamp):
            self.local_stop = True
        else:
            self.newest_stop = max(self.newest_stop, stamp)

    @rule(stamp=st.one_of(st.none(), st.floats(0.0, 11.0), st.just(nan)))
    def reset(self, stamp: float | None) -> None:
        newer = stamp is None or (not self.local_stop and stamp > self.newest_stop)
        if newer:
            self.latched, self.local_stop = False, False
        assert self.gate.reset(stamp) == (not self.latched)
        assert self.gate.latched == self.latched

    @rule()
    def enable(self) -> None:
        self.gate.enable(self.now)
        self.enabled = self.now

    @rule(age=st.sampled_from([0.0, 0.0, 0.1, 0.5, nan]))
    def odometry_ages(self, age: float) -> None:
        self.age = age

    @rule(why=st.sampled_from(["", "", "its own e-stop"]))
    def robot_says_stop(self, why: str) -> None:
        self.stopped = why

    @rule(fault=st.sampled_from([(), (), ("no robot subscribes to cmd_vel",)]))
    def link_fault(self, fault: tuple[str, ...]) -> None:
        self.faults = fault

    @rule()
    def rest(self) -> None:
        self.gate.bring_to_rest("the task is over")
        self.live = None

    @rule(count=st.integers(1, 8), seconds=st.floats(0.01, 0.1))
    def a_good_while(self, count: int, seconds: float) -> None:
        """Everything works and the owner commands, as it mostly is."""
        self.stopped, self.faults, self.age = "", (), 0.0
        owner = self.owner if self.owner is not None else BRAIN
        for _ in range(count):
            self.enable()
            self.command(0.5, 0.8, owner)
            self.tick()
            self.now += seconds

    @rule(
        kind=st.sampled_from(["estop", "stopped", "fault", "stale", "nan age", "disabled"]),
        ticks=st.integers(0, 3),
        seconds=st.floats(0.01, 0.2),
    )
    def a_stop_comes_and_goes(self, kind: str, ticks: int, seconds: float) -> None:
        """The brain commands before and during a stop, but not after it."""
        self.reset(None)
        self.a_good_while(4, 0.05)
        self._set(kind)
        for _ in range(ticks):
            self.tick()
            self.now += seconds
        self.tick()
        self.command(0.5, -0.8, self.owner or BRAIN)
        self._set("")
        for _ in range(4):
            self.tick()
            self.now += seconds
            self.enable()

    def _set(self, kind: str) -> None:
        self.stopped = "its own e-stop" if kind == "stopped" else ""
        self.faults = ("a fault",) if kind == "fault" else ()
        self.age = {"stale": 0.5, "nan age": nan}.get(kind, 0.0)
        if kind == "estop":
            self.estop(None)
        elif kind == "disabled":
            self.now += 0.31
        else:
            self.reset(None)
            self.enable()

    # -- what is sent ----------------------------------------------------------------------------

    @rule()
    def tick(self) -> None:
        self.steps += 1
        readings = Readings(
            time=self.now,
            ages={"odom": self.age},
            T_world_body=pose(0.001 * self.steps),
            stopped=self.stopped,
            faults=self.faults,
        )
        gated = self.gate.tick(readings, self.now)
        self.cause = bool(
            self.stopped
            or self.faults
            or not self.age <= CONFIG.stale
            or self.now - self.enabled > 0.3
        )
        if self.cause:
            self.live = None
        if self.live is not None and self.now - self.asked > WATCHDOG:
            self.live = None
        sent = (gated.command.forward, gated.command.turn)
        assert all(map(isfinite, (*sent, gated.command.tilt)))
        assert self.latched == self.gate.latched
        assert gated.urgent == (self.latched or bool(self.stopped))
        assert bool(gated.stop) >= (self.latched or self.cause)
        if gated.urgent:
            assert sent == (0.0, 0.0) and gated.command.tilt == 0.0
            assert self.gate.at_rest
            self.followed = 0
        else:
            seconds = 0.05 if self.ticked is None else self.now - self.ticked
            if seconds > WATCHDOG:
                # It goes on from what it measures, which is always standing still here.
                self.sent, seconds, self.followed = (0.0, 0.0), 0.05, 0
            self._check_axes(sent, seconds)
        self.sent, self.ticked = sent, self.now

    @rule(ticks=st.integers(1, 6))
    def silence(self, ticks: int) -> None:
        """The watchdog brings it to rest within its time and that of the ramp, at any rate."""
        self.a_good_while(8, 0.05)
        self.command(0.5, 0.8, self.owner or BRAIN)
        self.tick()
        begun = self.now
        speeds = self.sent
        for part in range(ticks):
            self.now = begun + WATCHDOG * (part + 1) / ticks
            self.tick()
            speeds = tuple(max(abs(a), abs(b)) for a, b in zip(speeds, self.sent, strict=True))
        self.now = begun + WATCHDOG + 1e-6
        self.tick()
        ramp = max(speed / limits.deceleration for speed, limits in zip(speeds, AXES, strict=True))
        self.now = begun + WATCHDOG + ramp + 1e-6
        self.tick()
        assert self.sent == (0.0, 0.0)

    # -- the second account ----------------------------------------------------------------------

    def _may_own(self, owner: Owner) -> bool:
        free = self.owner is None or self.now - self.heard > WATCHDOG
        return free or owner == self.owner or owner.priority > self.owner.priority  # type: ignore[union-attr]

    def _own(self, owner: Owner) -> None:
        self.owner, self.heard = owner, self.now
        assert self.gate.owner == owner

    def _check_axes(self, sent: tuple[float, float], seconds: float) -> None:
        asked = (0.0, 0.0)
        if self.live is not None:
            asked = (self.live.forward, self.live.turn)
        rates = []
        for axis, limits in enumerate(AXES):
            now, before, wanted = sent[axis], self.sent[axis], asked[axis]
            change = now - before
            assert limits.slowest - 1e-6 <= now <= limits.fastest + 1e-6
            if abs(now) > abs(before) + 1e-12:
                # Speed is gained only on a live command, and (but for the jerk) towards it.
                assert self.live is not None, "it sped up without a command"
                if change * (wanted - before) < 0.0:
                    assert self.followed > 0
                assert abs(change) <= limits.acceleration * seconds * (1 + 1e-6) + 1e-9
            else:
                assert abs(change) <= limits.deceleration * seconds * (1 + 1e-6) + 1e-9
                assert now * before >= 0.0
            if self.live is None:
                left = max(0.0, abs(before) - limits.deceleration * seconds)
                assert abs(abs(now) - left) < 1e-9, "without a command it brakes at once"
            rates.append(change / seconds if seconds > 0.0 else 0.0)
        following = self.live is not None
        if following and self.followed > 0 and seconds > 0.0:
            for rate, before, limits in zip(rates, self.rates, AXES, strict=True):
                assert abs(rate - before) <= limits.jerk * seconds * (1.0 + 1e-6) + 1e-3
        if not following:
            self.followed = 0
        elif seconds > 0.0:
            self.followed += 1
            self.rates = (rates[0], rates[1])


GateMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestGate = GateMachine.TestCase
