"""What the log says of a stream of commands: no fault is missed, and none is invented."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.robots.safety.config import AxisLimits, GateConfig
from embodied_mem_envs.robot_peer.log import LogWriter
from embodied_mem_envs.robot_peer.wire_log import WireLog, read_log

LIMITS = GateConfig()
SOFT = AxisLimits(fastest=0.5, slowest=-0.25, acceleration=1.0, deceleration=1.5)


def log_of(commands, *, states=(), others=()):
    """A log of (t, forward, turn), of (t, forward) states and of other events."""
    events = [
        {"kind": "cmd_vel", "t": t, "sent": t, "forward": f, "turn": w, "source": "brain",
         "followed": True}
        for t, f, w in commands
    ]  # fmt: skip
    x = 0.0
    for number, (t, forward) in enumerate(states):
        if number:
            x += forward * (t - states[number - 1][0])
        events.append(
            {"kind": "state", "t": t, "x": x, "y": 0.0, "yaw": 0.0, "forward": forward,
             "turn": 0.0, "stopped": False, "collided": False}
        )  # fmt: skip
    return WireLog([*events, *others])


def ramp(speeds, period=0.05):
    return [(10.0 + period * k, v, 0.0) for k, v in enumerate(speeds)]


def test_a_ramp_as_fast_as_allowed_is_within_limits():
    up = [0.05 * k for k in range(11)]
    down = [0.5 - 0.075 * k for k in range(7)] + [0.0]
    back = [-0.05 * k for k in range(1, 6)] + [-0.25 + 0.075 * k for k in range(1, 4)]
    excess = log_of(ramp(up + down + back)).worst_excess(LIMITS, slack=1e-6)
    assert (excess.count, excess.forward, excess.turn) == (0, 0.0, 0.0)
    assert excess.hurry < 1e-6


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=40),
    st.lists(st.floats(0.01, 0.2), min_size=40, max_size=40),
)
def test_whatever_goes_as_quickly_as_allowed_at_any_times_is_within_limits(wishes, periods):
    commands, t, v = [], 10.0, 0.0
    for wish, period in zip(wishes, periods, strict=False):
        t += period
        left = period if commands else 1.0 / LIMITS.rate
        target = min(max(0.5 * wish, -0.25), 0.5)
        while left > 1e-9 and abs(target - v) > 1e-12:  # towards zero first, then beyond it
            slowing = v != 0.0 and (target - v) * v < 0.0
            goal = (0.0 if target * v <= 0.0 else target) if slowing else target
            rate = SOFT.deceleration if slowing else SOFT.acceleration
            step = min(abs(goal - v), rate * left)
            v += step if goal > v else -step
            left -= step / rate
        commands.append((t, v, 0.0))
    excess = log_of(commands).worst_excess(LIMITS, slack=1e-6)
    assert excess.count == 0


@pytest.mark.parametrize(
    ("speeds", "hurry"),
    [
        ([0.0, 0.3], 0.25),
        ([0.0, 0.05, 0.1, 0.15, 0.2, 0.0], 0.2 / 1.5 - 0.05),
        ([0.0, 0.06, 0.12, 0.18, 0.24, 0.30], 0.05),
        ([0.3], 0.25),
    ],
)
def test_steps_and_slow_creeping_beyond_the_limit_are_both_found(speeds, hurry):
    excess = log_of(ramp(speeds)).worst_excess(LIMITS, slack=0.02)
    assert excess.count >= 1
    assert excess.hurry == pytest.approx(hurry, abs=1e-6)


def test_speeds_beyond_their_limits_and_what_is_not_finite_are_found():
    assert log_of([(1.0, -0.35, 0.0)]).worst_excess(LIMITS).forward == pytest.approx(0.1)
    assert log_of([(1.0, 0.0, 1.7)]).worst_excess(LIMITS).turn == pytest.approx(0.2)
    assert log_of([(1.0, float("nan"), 0.0)]).worst_excess(LIMITS).count == 1
    still = SimpleNamespace(forward=None, turn=LIMITS.turn, rate=20.0)
    assert log_of([(1.0, 0.01, 0.0)]).worst_excess(still).count == 1


def test_after_a_silence_a_command_is_judged_by_how_the_robot_moved_then():
    going = ramp([0.05 * k for k in range(9)])
    still = [(10.0, 0.0), *((10.2 + 0.02 * k, 0.4) for k in range(20)), (10.8, 0.0), (11.5, 0.0)]
    again = [(12.0, 0.4, 0.0)]
    assert log_of(going + again, states=still).worst_excess(LIMITS).count == 1
    gentle = [(12.0, 0.05, 0.0), (12.05, 0.1, 0.0)]
    assert log_of(going + gentle, states=still).worst_excess(LIMITS).count == 0


def test_only_an_emergency_stop_may_drop_to_zero_at_once():
    drop = ramp([0.05 * k for k in range(9)] + [0.0])
    stop = {"kind": "e_stop", "t": 10.46, "value": True, "sent": 10.46, "source": "x"}
    assert log_of(drop).worst_excess(LIMITS).count == 1
    assert log_of(drop, others=[stop]).worst_excess(LIMITS).count == 0
    late = {**stop, "t": 11.5}
    assert log_of(drop, others=[late]).worst_excess(LIMITS).count == 1
    no_stop = {**stop, "value": False}
    assert log_of(drop, others=[no_stop]).worst_excess(LIMITS).count == 1
    latched = {"kind": "estopped", "t": 9.0, "value": True}
    assert log_of(drop, others=[latched]).worst_excess(LIMITS).count == 0
    released = {"kind": "estopped", "t": 9.5, "value": False}
    assert log_of(drop, others=[latched, released]).worst_excess(LIMITS).count == 1


def test_when_it_stopped_and_how_far_it_went_are_those_of_the_true_motion():
    states = [(1.0 + 0.02 * k, 0.5 if k < 50 else 0.0) for k in range(100)]
    log = log_of([(1.0, 0.5, 0.0), (1.5, 0.0, 0.0)], states=states)
    assert log.first_zero_after(1.0) == 1.5
    assert log.first_zero_after(2.0) is None
    assert log.stopped_by(1.2) == pytest.approx(2.0)
    assert log.stopped_by(5.0) is None
    assert log.distance_after(1.5) == pytest.approx(0.5 * 0.48, abs=0.011)
    assert log.distance_after(1.0, until=1.2) == pytest.approx(0.1, abs=0.011)
    assert log.still_between(2.1)
    assert not log.still_between(1.9, 2.5)
    assert not log.still_between(50.0)
    assert [c.t for c in log.nonzero_between(0.0)] == [1.0]


def test_a_second_owner_that_the_robot_made_up_is_kept_apart():
    usurp = {"kind": "usurp", "t": 1.0, "source": "brain"}
    log = log_of([(1.0, 5.0, 0.0)], others=[usurp])
    assert log.commands == ()
    assert len(log.foreign) == 1
    assert log.worst_excess(LIMITS).count == 0


def test_a_log_is_readable_while_a_line_is_being_written(tmp_path):
    path = tmp_path / "log.jsonl"
    writer = LogWriter(path)
    writer.write("start", 1.0, wall=2.0)
    writer.write("picture", 1.5, sent=True)
    writer.close()
    writer.close()
    with path.open("a") as file:
        file.write(json.dumps({"kind": "start", "t": 2.0})[:9])
    assert [event["t"] for event in read_log(path).events] == [1.0, 1.5]
    with path.open("a") as file:
        file.write("\n{}\n")
    with pytest.raises(ValueError, match="line 1"):
        read_log(path)
    LogWriter(None).write("start", 1.0)
