"""One owner at a time, the human before autonomy."""

import pytest

from embodied_mem.errors import BodyError, CommandRefused
from embodied_mem.robots.safety.owners import BRAIN, JOYSTICK, KEYBOARD, Owner, Ownership


def test_a_human_takes_the_robot_and_the_brain_waits_for_silence() -> None:
    owners = Ownership(0.5)
    assert owners.claim(BRAIN, 0.0) is None
    assert owners.claim(BRAIN, 0.1) is None
    assert owners.claim(KEYBOARD, 0.2) is BRAIN
    with pytest.raises(CommandRefused, match=r"keyboard \(priority 90\) has the robot"):
        owners.claim(BRAIN, 0.3)
    assert owners.claim(JOYSTICK, 0.4) is KEYBOARD
    with pytest.raises(BodyError, match="joystick"):
        owners.claim(KEYBOARD, 0.9)
    assert owners.claim(BRAIN, 0.91) is None
    assert owners.owner is BRAIN


def test_of_two_equals_the_first_keeps_it() -> None:
    owners = Ownership(0.5)
    owners.claim(BRAIN, 0.0)
    second = Owner("second", BRAIN.priority)
    with pytest.raises(CommandRefused, match="second"):
        owners.claim(second, 0.5)
    assert owners.claim(Owner("brain", 10), 0.5) is None  # the same by another name it is not
    assert owners.owner == BRAIN


def test_silence_lets_go_and_work_for_the_owner_does_not() -> None:
    owners = Ownership(0.5)
    owners.claim(BRAIN, 0.0)
    owners.keep(0.4)
    owners.expire(0.8)
    assert owners.owner is BRAIN
    owners.expire(0.95)
    assert owners.owner is None


def test_a_refused_claim_does_not_prolong_the_owners() -> None:
    owners = Ownership(0.5)
    owners.claim(JOYSTICK, 0.0)
    for tenth in range(5):
        with pytest.raises(CommandRefused):
            owners.claim(BRAIN, 0.1 * tenth)
    assert owners.claim(BRAIN, 0.6) is None
