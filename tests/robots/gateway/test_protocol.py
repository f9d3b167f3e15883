"""Every message survives the way there and back; nothing else is believed."""

import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import Check
from embodied_mem.robots.gateway.convert import (
    checks_of,
    command_of,
    info_of,
    readings_of,
    trajectory_of,
    wire_checks,
    wire_command,
    wire_info,
    wire_readings,
    wire_trajectory,
)
from embodied_mem.robots.gateway.frames import pack_frame, picture_bytes, unpack_frame
from embodied_mem.robots.gateway.protocol import decode_reply, decode_request, encode
from embodied_mem.robots.gateway.replies import Checked, Dark, Picture, Refused, State
from embodied_mem.robots.gateway.requests import Follow, Halt, Hello, Look
from embodied_mem.robots.gateway.wire import PROTOCOL, WireError
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from gateway_fuzz import REAL, nonsense
from memory_robot import MemoryDriver


@pytest.mark.parametrize("message", [*REAL, Halt(1, "why")], ids=lambda one: type(one).__name__)
def test_requests_come_back_equal(message: object) -> None:
    assert decode_request(encode(message)) == message  # type: ignore[arg-type]


@given(st.binary(max_size=200))
def test_bytes_are_a_message_or_a_wire_error(frame: bytes) -> None:
    for decode in (decode_request, decode_reply):
        try:
            decode(frame)
        except WireError:
            continue


def test_nonsense_is_a_wire_error_or_a_message_that_moves_nothing() -> None:
    rng = random.Random(3)
    for _ in range(3000):
        for part in nonsense(rng, 1.0):
            try:
                decode_request(part)
            except WireError as error:
                assert len(str(error)) <= 400


@pytest.mark.parametrize(
    "fields",
    [
        ["hello", PROTOCOL, 1, "", 10, "control"],
        ["hello", PROTOCOL, 1, "x" * 65, 10, "control"],
        ["hello", PROTOCOL, 1, "brain", 256, "control"],
        ["hello", PROTOCOL, 1, "brain", -1, "control"],
        ["hello", PROTOCOL, 1, "brain", 10, "root"],
        ["hello", PROTOCOL, 1, "brain", 10, "control", "more"],
        ["look", 1, None, 3600.0],
        ["look", -1, None, 0.1],
        ["drive", 1, 0.0, [0.1, 0.0, 0.0, [0.0] * 65, None], ""],
        ["drive", 1, "now", [0.1, 0.0, 0.0, None, None], ""],
        ["halt", 1, "x" * 501],
        ["shutdown", 1],
    ],
)
def test_bounds_are_kept(fields: list[object]) -> None:
    with pytest.raises(WireError):
        decode_request(msgspec.msgpack.encode(fields))


def frame_of(driver: MemoryDriver) -> CameraFrame:
    frame = driver.read().frame
    assert frame is not None
    return frame


def packed(frame: CameraFrame) -> tuple[Picture, list[bytes]]:
    head, images = pack_frame(frame, number=4, taken=2.0)
    again = decode_reply(encode(head))
    assert isinstance(again, Picture)
    return again, [image.tobytes() for image in images]


def test_a_picture_with_ids_comes_back_equal() -> None:
    plain = frame_of(MemoryDriver())
    ids = np.arange(plain.depth.size, dtype=np.int32).reshape(plain.depth.shape)
    frame = CameraFrame(
        rgb=plain.rgb[:, ::-1],  # not contiguous
        depth=plain.depth,
        intrinsics=plain.intrinsics,
        T_world_camera=plain.T_world_camera,
        T_world_body=plain.T_world_body,
        taken=plain.taken,
        number=plain.number,
        instance=ids,
        labels={3: "chair"},
    )
    head, parts = packed(frame)
    assert max(map(len, parts)) <= picture_bytes(16, 12)
    again = unpack_frame(head, parts, taken=9.0, number=1)
    for name in ("rgb", "depth", "T_world_camera", "T_world_body", "instance"):
        assert np.array_equal(getattr(again, name), getattr(frame, name)), name
    assert (again.intrinsics, again.labels) == (frame.intrinsics, {3: "chair"})
    assert (again.taken, again.number) == (9.0, 1)


def test_a_picture_must_be_as_long_as_announced() -> None:
    head, parts = packed(frame_of(MemoryDriver()))
    for wrong in (parts[:1], [*parts, parts[0]], [parts[1], parts[0]], [parts[0][:-1], parts[1]]):
        with pytest.raises(WireError):
            unpack_frame(head, wrong, taken=0.0, number=1)
    pose = (math.nan, *head.T_world_body[1:])
    with pytest.raises(WireError, match="finite"):
        unpack_frame(msgspec.structs.replace(head, T_world_body=pose), parts, taken=0.0, number=1)


def test_an_announcement_of_a_huge_picture_costs_nothing() -> None:
    head, parts = packed(frame_of(MemoryDriver()))
    huge = msgspec.structs.replace(head, width=8192, height=8192)
    with pytest.raises(WireError, match="announced"):
        unpack_frame(huge, parts, taken=0.0, number=1)


def test_readings_come_back_with_their_age() -> None:
    joints = np.array([0.1, -0.2])
    sensed = Readings(
        time=5.0,
        ages={"odom": 0.02, "depth": 0.05, "joints": math.inf},
        T_world_body=np.eye(4),
        forward=0.3,
        turn=-0.1,
        joints=joints,
        opening=0.04,
        stopped="button",
        faults=("one",),
        values={"battery": 0.9},
        lost={"odom": 3},
    )
    wire = wire_readings(sensed, time=5.0, faults=("one", "two"), lost={"gateway errors": 0})
    again = readings_of(
        wire, now=100.0, older=0.5, seen=0.7, frame=None, stopped="why", faults=("link",), lost={}
    )
    assert again.ages == {"odom": 0.52, "depth": 0.7, "joints": math.inf}
    assert (again.time, again.forward, again.turn, again.opening) == (100.0, 0.3, -0.1, 0.04)
    assert np.array_equal(again.joints, joints)
    assert again.faults == ("link", "one", "two")
    assert wire.stopped == "button"
    assert (again.stopped, again.lost) == ("why", {"odom": 3, "gateway errors": 0})


def test_what_is_told_of_the_robot_comes_back_equal() -> None:
    info = MemoryDriver().info
    assert info_of(wire_info(info, None)) == info
    command = Command(forward=0.1, turn=-0.2, tilt=0.3, joints=(1.0, 2.0), gripper=0.04)
    assert command_of(wire_command(command)) == command
    checks = (Check(name="a", verdict="error", found="x" * 900, expected="b"),)
    again = checks_of(wire_checks(checks))
    assert again[0].found.endswith("...") and len(again[0].found) == 500
    for reply in (Dark(1), Refused(1, "full", "why"), Checked(1, wire_checks(checks))):
        assert decode_reply(encode(reply)) == reply


def test_a_trajectory_comes_back_equal_and_wrong_lengths_do_not() -> None:
    path = Trajectory(
        joints=("a", "b"), positions=np.arange(6.0).reshape(3, 2), times=np.arange(3.0)
    )
    wire = wire_trajectory(path, number=1, at=0.0)
    again = trajectory_of(wire)
    assert np.array_equal(again.positions, path.positions)
    assert np.array_equal(again.times, path.times)
    for wrong in (
        Follow(1, 0.0, ("a",), wire.positions, wire.times),
        Follow(1, 0.0, ("a", "b"), wire.positions[:-8], wire.times),
        Follow(1, 0.0, ("a", "b"), wire.positions, wire.times[:-1]),
        Follow(1, 0.0, (), b"", b""),
    ):
        with pytest.raises(BodyError):
            trajectory_of(wrong)


def test_roles_and_waits_are_typed() -> None:
    hello = decode_request(encode(Hello(PROTOCOL, 1, "brain", 10, "pictures")))
    assert isinstance(hello, Hello)
    look = decode_request(encode(Look(2, None, 0.5)))
    assert isinstance(look, Look) and look.newer is None
    assert State.__struct_config__.forbid_unknown_fields
