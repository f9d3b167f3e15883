"""What is looked at before an arm of Franka Robotics moves."""

import time
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from embodied_mem.robots.driver import Check
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.fingers import Fingers
from embodied_mem.robots.franka.limits import JOINT_COUNT
from embodied_mem.robots.franka.link import FrankaLink
from embodied_mem.robots.franka.snapshot import ArmSnapshot

LEAST_RATE: Final = 50.0
"""The state must be read so often, Hz."""
LOOKED_FOR: Final = 0.3
"""How long the rate is measured, s."""


def arm_checks(
    config: FrankaConfig, link: FrankaLink, snapshots: "SnapshotSource", fingers: Fingers | None
) -> Iterator[Check]:
    """Yields the rows of the table for a connected arm."""
    newest = snapshots.newest
    yield Check(
        name="control unit",
        verdict="ok",
        found=f"{config.host} speaks our version of FCI and lets us in",
    )
    yield _rate(snapshots)
    trouble = newest.trouble
    yield Check(
        name="robot mode",
        verdict="error" if trouble else "ok",
        found=trouble or "ready to move",
        expected="an arm that is unlocked, in execution mode and without errors" if trouble else "",
    )
    yield from _description(config, link)
    yield _position(config, newest)
    if not config.realtime:
        yield Check(
            name="real-time kernel",
            verdict="warning",
            found="not asked for",
            expected="`realtime = true` for a physical arm; a simulator needs none",
        )
    if fingers is not None:
        yield _hand(fingers)


class SnapshotSource:
    """The newest snapshot and how many there were; written by one thread, read by any."""

    def __init__(self, first: ArmSnapshot) -> None:
        self.newest = first
        """The newest snapshot."""
        self.count = 1
        """How many there were."""
        self.advanced = first.arrived
        """When the arm's own clock was last seen to go on, on the monotonic clock, s."""

    def put(self, snapshot: ArmSnapshot) -> None:
        """Keeps a snapshot; one of the same moment of the arm's clock does not count as news."""
        if snapshot.robot_time != self.newest.robot_time:
            self.advanced = snapshot.arrived
            self.count += 1
        self.newest = snapshot


def _rate(snapshots: SnapshotSource) -> Check:
    before, start = snapshots.count, time.monotonic()
    time.sleep(LOOKED_FOR)
    rate = (snapshots.count - before) / (time.monotonic() - start)
    well = rate >= LEAST_RATE
    return Check(
        name="state",
        verdict="ok" if well else "error",
        found=f"{rate:.0f} Hz",
        expected="" if well else f"{LEAST_RATE:.0f} Hz at least; look at the network and the load",
    )


def _description(config: FrankaConfig, link: FrankaLink) -> Iterator[Check]:
    """Compares the order of the joints and the limits with the arm's own description."""
    turning = [
        joint
        for joint in ElementTree.fromstring(link.urdf).iter("joint")
        if joint.get("type") == "revolute"
    ]
    names = [str(joint.get("name")) for joint in turning]
    ordered = len(names) == JOINT_COUNT and all(
        name.endswith(f"joint{number}") for number, name in enumerate(names, start=1)
    )
    yield Check(
        name="joint order",
        verdict="ok" if ordered else "error",
        found=", ".join(names),
        expected="" if ordered else f"joint1 to joint{JOINT_COUNT}, from the base to the hand",
    )
    beyond = []
    limits = config.limits()
    for index, joint in enumerate(turning[:JOINT_COUNT]):
        stated = joint.find("limit")
        if stated is None:
            continue
        low, high = float(stated.get("lower", "-inf")), float(stated.get("upper", "inf"))
        fastest = float(stated.get("velocity", "inf"))
        if limits.low[index] < low or limits.high[index] > high or limits.velocity[index] > fastest:
            beyond.append(names[index])
    yield Check(
        name="limits",
        verdict="error" if beyond else "ok",
        found=f"ours are wider than the arm's for {', '.join(beyond)}" if beyond else "within its",
        expected=f"`model` other than {config.model!r}?" if beyond else "",
    )


def _position(config: FrankaConfig, newest: ArmSnapshot) -> Check:
    limits = config.limits()
    outside = [
        f"joint{index + 1} at {position:.3f}"
        for index, position in enumerate(newest.joints.tolist())
        if not limits.low[index] <= position <= limits.high[index]
    ]
    return Check(
        name="joint positions",
        verdict="warning" if outside else "ok",
        found=", ".join(outside) or " ".join(f"{value:.2f}" for value in newest.joints),
        expected="within the limits; a joint outside may only return" if outside else "",
    )


def _hand(fingers: Fingers) -> Check:
    homed = fingers.widest > 0.0
    return Check(
        name="hand",
        verdict="ok" if homed and not fingers.lost else "error",
        found=fingers.lost
        or f"version {fingers.version}, {1000 * fingers.opening:.0f} mm of "
        f"{1000 * fingers.widest:.0f} mm open",
        expected="" if homed else "home the hand once in Desk, so that it knows its width",
    )
