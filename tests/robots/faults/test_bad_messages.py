"""Pictures and commands that are none: nothing breaks, and no command is out of limits."""

import time

from driving_brain import GATE
from embodied_mem_envs.robot_peer.broken import BROKEN
from fault_scene import GATE_BRAKES, LATE


def test_broken_pictures_neither_end_the_brain_nor_move_the_robot_out_of_limits(shared_scene):
    driving = shared_scene
    driving.until_driving()
    driving.robot.tell(f"malformed image {2 * len(BROKEN)}")
    since = time.monotonic()
    # Colour and depth take turns in being broken, so that no pair is whole: the robot must stop.
    within = GATE.stale + 0.1 + GATE_BRAKES
    driving.check_stop(since, within, deceleration=GATE.forward.deceleration)
    assert driving.brain.process.poll() is None
    driving.until_driving()
    driving.check_limits()


def test_huge_pictures_are_survived_and_the_brain_drives_on(shared_scene):
    driving = shared_scene
    driving.until_driving()
    for megabytes in (1, 5, 30):
        driving.robot.tell(f"oversized image {megabytes}")
        driving.wait_until(time.monotonic() + 0.4)
    assert driving.brain.process.poll() is None
    driving.until_driving()
    driving.check_limits()


def test_commands_that_are_no_numbers_never_reach_the_robot_and_stop_it(shared_scene):
    driving = shared_scene
    driving.until_driving()
    driving.brain.tell("nan")
    since = time.monotonic()
    # The one before it is not kept alive either.
    log = driving.check_stop(since, 0.1 + GATE_BRAKES, deceleration=GATE.forward.deceleration)
    assert log.nonzero_between(since + 0.1 + GATE_BRAKES + LATE) == ()
    driving.brain.tell("drive 0.4 0.8")
    driving.until_driving()
    driving.brain.tell("drive 50.0 -70.0")
    fast = time.monotonic()
    log = driving.wait_until(fast + 1.0)
    assert max(abs(c.turn) for c in log.commands) > 0.9  # it was asked for, and came, limited
    driving.brain.tell("drive 0.4 0.8")
    driving.until_driving()
    driving.check_limits()
