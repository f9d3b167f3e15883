"""Every fault that must stop a driving robot, and after which it must go on only as it may.

Each function disturbs a driving scene once, asserts on the robot's log alone, and leaves the scene
driving again, so that it can be repeated.
"""

import signal
import time
from collections.abc import Callable

from bystander import Bystander
from driving_brain import GATE
from embodied_mem_envs.robot_peer.wire_log import WireLog
from fault_scene import DRIVE, GATE_BRAKES, LATE, ROBOT_STOPS, Scene

_PERIOD = 1.0 / GATE.rate
_PICTURE = 0.1
_LOSS = GATE.forward.deceleration


def killed(scene: Scene) -> None:
    """The brain dies; the robot's own watchdog acts."""
    since = time.monotonic()
    scene.brain.kill()
    log = scene.check_stop(since, ROBOT_STOPS, deceleration=DRIVE.acceleration)
    assert log.commands[-1].t <= since + LATE
    scene.new_brain()


def hung(scene: Scene) -> None:
    """The brain's process hangs with the driver in it, and later goes on as if nothing were."""
    since = time.monotonic()
    scene.brain.signal(signal.SIGSTOP)
    scene.check_stop(since, ROBOT_STOPS, deceleration=DRIVE.acceleration)
    again = time.monotonic()
    scene.brain.signal(signal.SIGCONT)
    log = scene.robot.until(lambda log: log.commands[-1].t > again)
    first = next(c for c in log.commands if c.t > again)
    # What it wanted before it hung is long over: it begins from rest.
    assert abs(first.forward) <= GATE.forward.acceleration * 2 * _PERIOD
    assert abs(first.turn) <= GATE.turn.acceleration * 2 * _PERIOD


def emergency_stop_by_somebody(scene: Scene) -> None:
    """Somebody who has only just joined stops the robot while commands keep coming."""
    with Bystander(scene.domain) as other:
        since = time.monotonic()
        # Whoever is found first would stop first, and its log could not tell why.
        other.stop(hearers=2)
        log = scene.robot.until(lambda log: _last(log, "e_stop") > since)
        asked = _last(log, "e_stop")
        log = scene.check_stop(asked, 0.4 / DRIVE.brake, deceleration=DRIVE.brake)
        # The brain hears it by itself: it goes silent or sends zeros, whatever its program wants.
        assert log.nonzero_between(asked + 0.2) == ()
        calm = time.monotonic()
        other.reset()
        log = scene.robot.until(lambda log: _last(log, "e_stop_reset") > calm)
        assert all(c.zero for c in log.commands if asked + 0.2 < c.t < _last(log, "e_stop_reset"))


def _last(log: WireLog, kind: str) -> float:
    """Returns when the newest event of a kind was; before all time where none was."""
    return max((event["t"] for event in log.of(kind)), default=-1.0)


def _line(line: str, undo: str, detected: float) -> Callable[[Scene], None]:
    """Returns a fault of the robot that its brain's gate must notice within some seconds."""

    def fault(scene: Scene) -> None:
        scene.robot.tell(line)
        since = time.monotonic()
        within = detected + _PICTURE + 2 * _PERIOD + GATE_BRAKES
        log = scene.check_stop(since, within, deceleration=_LOSS)
        assert log.nonzero_between(since + within + LATE) == ()
        scene.robot.tell(undo)

    return fault


def board_ahead(scene: Scene) -> None:
    """Something stands right before it: it does not drive on, although it may turn."""
    scene.robot.tell("box 0.05")
    since = time.monotonic()
    within = 2 * _PICTURE + 2 * _PERIOD + GATE_BRAKES
    log = scene.wait_until(since + within + LATE + 0.2)
    late = [c for c in log.commands if c.t > since + within + LATE]
    assert late
    assert all(c.forward == 0.0 for c in late)
    assert any(c.turn != 0.0 for c in late)
    assert all(abs(s.forward) < 0.01 for s in log.states if s.t > since + within + LATE)
    scene.robot.tell("box off")


def second_owner(scene: Scene) -> None:
    """Somebody else steers, too: ours gives way, since two cannot steer."""
    scene.robot.tell("publish cmd_vel 0.0 0.3")
    since = time.monotonic()
    within = 0.2 + 2 * _PERIOD + GATE_BRAKES
    log = scene.wait_until(since + within + LATE + 0.3)
    assert any(c.t > since for c in log.foreign)
    assert log.nonzero_between(since + within + LATE) == ()
    scene.robot.tell("unpublish")


def clock_jumped(seconds: float) -> Callable[[Scene], None]:
    """Returns a jump of the robot's clock: a fault at first, and followed once it is consistent."""

    def fault(scene: Scene) -> None:
        since = time.monotonic()
        scene.robot.tell(f"clock {seconds}")
        log = scene.robot.until(lambda log: log.first_zero_after(since) is not None, 3.0)
        zero = log.first_zero_after(since)
        assert zero is not None
        assert zero - since <= GATE.stale + GATE_BRAKES + 2 * _PERIOD + LATE
        scene.until_driving()
        scene.robot.tell("clock 0")
        back = time.monotonic()
        scene.robot.until(lambda log: log.first_zero_after(back) is not None, 3.0)

    return fault


def robot_hung(scene: Scene) -> None:
    """The robot's whole process hangs; what queued up meanwhile must not move it afterwards."""
    scene.robot.signal(signal.SIGSTOP)
    time.sleep(1.5)
    since = time.monotonic()
    scene.robot.signal(signal.SIGCONT)
    log = scene.robot.until(lambda log: log.states[-1].t > since + 0.1)
    assert abs(next(s for s in log.states if s.t > since).forward) < 0.01


SENSOR_FAULTS: dict[str, Callable[[Scene], None]] = {
    "camera frozen": _line("freeze camera", "resume camera", GATE.frozen),
    "camera silent": _line("stop camera", "resume camera", GATE.stale),
    "odometry frozen": _line("freeze odom", "resume odom", GATE.frozen),
    "odometry silent": _line("stop odom", "resume odom", GATE.stale),
    "odometry not finite": _line("odom nan", "odom ok", GATE.stale),
    "odometry unreliable": _line("qos odom best_effort", "qos odom reliable", GATE.stale),
    "depth all zero": _line("depth zero", "depth ok", 2 * _PICTURE),
    "button pressed": _line("estop", "reset", 0.2),
    "computer hangs": _line("pause 2.5", "pause 0", GATE.stale),
    "board ahead": board_ahead,
    "clock an hour ahead": clock_jumped(3600.0),
    "clock five seconds behind": clock_jumped(-5.0),
    "second owner": second_owner,
}
PROCESS_FAULTS: dict[str, Callable[[Scene], None]] = {
    "brain killed": killed,
    "brain hung": hung,
    "robot hung": robot_hung,
    "emergency stop by a late joiner": emergency_stop_by_somebody,
}
STOP_FAULTS = SENSOR_FAULTS | PROCESS_FAULTS
