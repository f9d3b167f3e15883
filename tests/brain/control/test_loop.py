"""The control loop: reflexes act in their tick, stops last, and limits hold whatever comes."""

import numpy as np
import pytest

from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.reflexes import ReflexConfig
from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.arm import Arm
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command
from kinematic_arm import JOINTS, KinematicArm, wide_limits

SPEED = 1.0


def make(**reflexes: float) -> tuple[KinematicArm, ControlLoop]:
    arm = KinematicArm()
    return arm, ControlLoop(arm, wide_limits(), reflexes=ReflexConfig(**reflexes))  # type: ignore[arg-type]


def drive(loop: ControlLoop, ticks: int) -> None:
    """Moves joint 0 at a steady speed."""
    for _ in range(ticks):
        loop.tick(Command(joints=(reference(loop) + SPEED * 0.005,) + (0.0,) * (JOINTS - 1)))


def reference(loop: ControlLoop) -> float:
    arm = loop.arm
    assert isinstance(arm, KinematicArm)
    return 0.0 if not arm.sent or arm.sent[-1].joints is None else arm.sent[-1].joints[0]


def kinds(loop: ControlLoop) -> list[str]:
    return [event.kind for event in loop.events]


def speeds(arm: KinematicArm) -> list[float]:
    return (np.diff([command.joints[0] for command in arm.sent]) / 0.005).tolist()  # type: ignore[index]


def test_the_double_is_an_arm() -> None:
    assert isinstance(KinematicArm(), Arm)


def test_what_is_allowed_is_sent_as_it_is() -> None:
    _, loop = make()
    wanted = Command(joints=(0.0001,) * JOINTS, gripper=0.03)
    assert loop.tick(wanted) == wanted
    assert loop.clipped == 0
    assert not loop.events


def test_contact_stops_the_arm_in_its_own_tick_and_until_it_is_cleared() -> None:
    arm, loop = make()
    drive(loop, 40)
    assert speeds(arm)[-1] == pytest.approx(SPEED)
    arm.contact = 60.0
    felt, where = arm.ticks, arm.joints[0]
    drive(loop, 1)
    assert loop.since(felt)[0].kind == "contact"
    assert loop.since(felt)[0].tick == felt
    assert speeds(arm)[-1] < SPEED  # braking began in this very tick
    drive(loop, 100)
    assert loop.at_rest
    assert reference(loop) == pytest.approx(where, abs=1e-6)  # it yields to where it was touched
    assert loop.stopped == "contact"
    assert kinds(loop) == ["contact"]  # one cause, one event


def test_after_a_clear_it_may_leave_what_it_touches_but_not_press_on() -> None:
    arm, loop = make()
    drive(loop, 40)
    arm.contact = 60.0
    drive(loop, 60)
    loop.clear()
    drive(loop, 20)
    assert loop.stopped == ""
    assert reference(loop) > 0.01
    arm.contact = 71.0
    drive(loop, 1)
    assert loop.stopped == "contact"
    arm.contact = 0.0
    loop.clear()
    drive(loop, 60)
    arm.contact = 45.0
    drive(loop, 1)
    assert kinds(loop) == ["contact", "clear", "contact", "clear", "contact"]


def test_a_stop_that_is_cleared_at_once_still_brings_the_arm_to_rest() -> None:
    arm, loop = make()
    drive(loop, 40)
    arm.contact = 60.0
    where = arm.joints[0]
    drive(loop, 1)
    loop.clear()
    arm.contact = 90.0  # the same hit, felt more as the arm comes to rest
    drive(loop, 1)
    assert loop.stopped == ""
    drive(loop, 25)
    assert loop.at_rest
    assert reference(loop) == pytest.approx(where, abs=0.005)
    drive(loop, 30)
    assert reference(loop) > where + 0.002  # a fresh command moves it again


def test_no_fresh_command_slows_down_and_then_holds() -> None:
    arm, loop = make()
    drive(loop, 60)
    for _ in range(2):
        loop.tick(None)
    assert speeds(arm)[-1] == pytest.approx(SPEED)  # a late command or two is bridged
    for _ in range(18):
        loop.tick(None)
    assert not loop.events
    loop.tick(None)
    assert kinds(loop) == ["watchdog"]
    for _ in range(200):
        loop.tick(None)
    assert loop.at_rest
    assert kinds(loop) == ["watchdog"]
    held = reference(loop)
    drive(loop, 40)  # a fresh command is enough to go on
    assert reference(loop) > held + 0.05


def test_a_stop_lasts_and_leaves_the_fingers_alone() -> None:
    arm, loop = make()
    loop.tick(Command(gripper=0.02))
    drive(loop, 40)
    loop.stop("a person said so")
    for _ in range(200):
        loop.tick(Command(joints=(1.0,) * JOINTS, gripper=0.08))
    assert loop.at_rest
    assert loop.stopped == "a person said so"
    assert arm.sent[-1].gripper == 0.02
    assert np.diff(speeds(arm)).min() / 0.005 >= -5.0 - 1e-6  # gently
    loop.clear()
    loop.tick(None)
    assert loop.at_rest  # it waits for a fresh command
    assert "a person said so" in str(loop.events[0])


def test_a_grip_that_ends_while_carrying_is_reported_and_a_release_is_not() -> None:
    arm, loop = make()
    loop.tick(Command(gripper=0.0))
    arm.opening, arm.grip = 0.04, 8.0
    drive(loop, 30)
    assert loop.carrying
    arm.grip = 0.0
    drive(loop, 3)
    assert kinds(loop) == ["grip_lost"]
    assert not loop.carrying
    assert loop.stopped == ""
    arm.grip = 8.0
    drive(loop, 30)
    loop.tick(Command(gripper=0.08))
    arm.grip = 0.0
    drive(loop, 10)
    assert kinds(loop) == ["grip_lost"]


def test_a_joint_that_does_not_follow_stops_the_arm() -> None:
    arm, loop = make()
    drive(loop, 10)
    arm.stuck = True
    drive(loop, 60)
    assert kinds(loop) == ["tracking"]
    assert loop.stopped == "tracking"
    drive(loop, 100)
    assert reference(loop) == pytest.approx(arm.joints[0], abs=1e-6)


def test_senses_that_fail_stop_the_arm() -> None:
    arm, loop = make()
    drive(loop, 40)
    arm.frozen = True
    drive(loop, 10)
    assert loop.stopped == "readings are frozen"
    arm.frozen = False
    loop.clear()
    drive(loop, 10)
    assert loop.stopped == ""
    arm.contact = float("nan")
    drive(loop, 10)
    assert loop.stopped == "readings are not finite"
    assert kinds(loop) == ["senses", "clear", "senses"]


@pytest.mark.parametrize(
    "bad",
    [Command(joints=(float("nan"),) * JOINTS), Command(joints=(0.0,) * 3),
     Command(gripper=float("inf"))],
)  # fmt: skip
def test_a_command_that_makes_no_sense_is_not_sent(bad: Command) -> None:
    _, loop = make()
    drive(loop, 40)
    for _ in range(100):
        sent = loop.tick(bad)
        assert sent.joints is not None
        assert np.isfinite(sent.joints).all()
        assert sent.gripper is None
    assert loop.at_rest
    assert set(kinds(loop)) == {"bad_command", "watchdog"}


def test_the_fingers_are_kept_within_their_reach() -> None:
    _, loop = make()
    assert loop.tick(Command(gripper=0.5)).gripper == 0.08
    assert loop.tick(Command(gripper=-0.5)).gripper == 0.0
    assert loop.tick(Command()).gripper == 0.0


def test_misuse_is_refused() -> None:
    arm, loop = make()
    arm.joints = np.full(JOINTS, np.nan)
    with pytest.raises(BodyError, match="not finite"):
        loop.tick(Command())
    with pytest.raises(ConfigError, match="7"):
        ControlLoop(arm, wide_limits(**dict.fromkeys(JointLimits.__dataclass_fields__, ())))
    with pytest.raises(ConfigError, match="watchdog"):
        ReflexConfig(coast=0.2)
    with pytest.raises(ConfigError, match="contact"):
        ReflexConfig(contact=float("nan"))
