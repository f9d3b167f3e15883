"""What comes from topics, put together: poses by stamp, ages, faults, and nothing malformed."""

import threading
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.images import RawPicture
from embodied_mem.robots.ros.mount import CameraMount
from embodied_mem.robots.ros.topics import RosConfig

WIDTH, HEIGHT = 8, 4
BIG = {"width": WIDTH, "height": HEIGHT}
LENS = {"k": [8.0, 0, 4.0, 0, 8.0, 2.0, 0, 0, 1], "p": [0.0] * 12, "d": []}
NOTHING = {"linear": (0, 0, 0), "angular": (0, 0, 0)}


class Robot:
    """Sends to a state as a robot would; its clock shows 1000 s when ours shows 0."""

    def __init__(self, **config: object) -> None:
        self.state = RosState(RosConfig(**{**BIG, **config}))
        self.state.camera_info(**BIG, **LENS)
        self.offset = 1000.0

    def odom(self, sent: float, *, x: float = 0.0, now: float | None = None, **other) -> bool:
        return self.state.odom(
            **{
                "stamp": self.offset + sent,
                "position": (x, 0, 0),
                "orientation": (0, 0, 0, 1),
                "linear": (0.3, 0, 0),
                "angular": (0, 0, 0.1),
                "now": sent if now is None else now,
                **other,
            }
        )

    def see(self, sent: float, *, now: float | None = None, value: int = 2000) -> bool:
        arrived = sent if now is None else now
        self.state.picture("color", stamp=self.offset + sent, picture=colour(), now=arrived)
        return self.state.picture(
            "depth", stamp=self.offset + sent, picture=depth(value), now=arrived
        )

    def run(self, start: float, end: float) -> None:
        """Drives at 1 m/s and sends at 50 and 10 Hz."""
        for count in range(round(50 * start), round(50 * end)):
            self.odom(0.02 * count, x=0.02 * count)
            if count % 5 == 0:
                self.see(0.02 * count)


def colour() -> RawPicture:
    return RawPicture(
        encoding="rgb8",
        height=HEIGHT,
        width=WIDTH,
        step=3 * WIDTH,
        bigendian=False,
        data=bytes(3 * WIDTH * HEIGHT),
    )


def depth(value: int) -> RawPicture:
    data = np.full((HEIGHT, WIDTH), value, "<u2").tobytes()
    return RawPicture(
        encoding="16UC1", height=HEIGHT, width=WIDTH, step=2 * WIDTH, bigendian=False, data=data
    )


def test_before_anything_came_everything_is_infinitely_old():
    readings = RosState(RosConfig()).read(5.0)
    assert readings.ages == {"odom": inf, "color": inf, "depth": inf}
    assert readings.frame is None and readings.T_world_body is None and readings.faults == ()


def test_a_picture_gets_the_pose_of_its_stamp():
    robot = Robot(camera=CameraMount(x=0.5, z=1.0))
    robot.odom(1.00, x=1.00)
    robot.see(1.01)
    assert robot.state.read(1.015).frame is None  # its odometry has not come yet
    assert robot.odom(1.02, x=1.02)  # a moment to wake the gate
    frame = robot.state.read(1.02).frame
    assert frame is not None
    assert frame.T_world_body[0, 3] == pytest.approx(1.01)
    assert frame.T_world_camera[:3, 3] == pytest.approx((1.51, 0.0, 1.0))
    assert frame.taken == pytest.approx(1.01)
    assert frame.depth[0, 0] == pytest.approx(2.0)
    readings = robot.state.read(1.05)
    assert readings.T_world_body is not None and readings.T_world_body[0, 3] == 1.02
    assert (readings.forward, readings.turn) == (0.3, 0.1)


def test_ages_are_by_stamp_and_by_arrival():
    robot = Robot()
    robot.run(0.0, 2.0)
    fresh = robot.state.read(2.0).ages
    assert fresh["odom"] == pytest.approx(0.02, abs=1e-3)
    assert fresh["depth"] == pytest.approx(0.1, abs=1e-3)
    late = robot.state.read(3.0).ages  # nothing arrives any more
    assert late["odom"] == pytest.approx(1.02, abs=1e-3)
    robot.odom(2.02, now=3.0)  # arrives now, was measured a second ago
    assert robot.state.read(3.0).ages["odom"] == pytest.approx(0.98, abs=1e-2)


def test_repeated_stamps_do_not_make_it_younger():
    robot = Robot()
    robot.run(0.0, 2.0)
    number = robot.state.read(2.0).frame.number
    for step in range(50):
        now = 2.0 + 0.02 * step
        assert not robot.odom(1.98, x=1.98, now=now)
        robot.see(1.9, now=now)
    ages = robot.state.read(3.0).ages
    assert ages["odom"] > 1.0 and ages["depth"] > 1.0 and ages["color"] > 1.0
    assert robot.state.read(3.0).frame.number == number
    assert robot.state.read(3.0).lost == {"odom": 50, "color": 50, "depth": 50}
    assert "not newer" in robot.state.wrong["odom"] and "again" in robot.state.wrong["depth"]


def test_a_picture_without_odometry_is_no_news():
    robot = Robot()
    robot.run(0.0, 2.0)
    for step in range(20):  # the camera goes on, the wheels are silent
        robot.see(2.0 + 0.1 * step)
    readings = robot.state.read(4.0)
    assert readings.ages["depth"] > 1.5
    assert readings.lost["depth"] > 5


def test_a_clock_that_jumps_is_a_fault_and_then_followed():
    robot = Robot()
    robot.run(0.0, 2.0)
    robot.offset += 100.0
    robot.run(2.0, 2.5)
    readings = robot.state.read(2.5)
    assert any("jumped" in fault for fault in readings.faults)
    robot.run(2.5, 4.0)
    readings = robot.state.read(4.0)
    assert readings.faults == ()
    assert max(readings.ages.values()) < 0.2
    assert readings.frame.T_world_body[0, 3] == pytest.approx(3.9)
    robot.offset -= 200.0
    robot.run(4.0, 6.0)
    readings = robot.state.read(6.0)
    assert readings.faults == () and max(readings.ages.values()) < 0.2


def test_what_is_malformed_is_counted_and_not_used():
    robot = Robot()
    robot.run(0.0, 2.0)
    before = robot.state.read(2.0)
    robot.odom(2.0, position=(float("nan"), 0, 0))
    robot.odom(2.0, orientation=(0, 0, 0, 0))
    short = RawPicture(encoding="rgb8", height=4, width=8, step=24, bigendian=False, data=b"12")
    wide = RawPicture(encoding="16UC1", height=4, width=9, step=18, bigendian=False, data=bytes(72))
    robot.state.picture("color", stamp=1002.0, picture=short, now=2.0)
    robot.state.picture("depth", stamp=1002.0, picture=wide, now=2.0)
    robot.state.compressed("color", stamp=1002.0, kind="jpeg", data=b"\xff\xd8", now=2.0)
    robot.state.camera_info(width=1, height=1, k=[0] * 9, p=[0] * 12, d=[])
    robot.state.camera_info(width=99, height=99, **LENS)
    robot.state.labels("{not json")
    robot.state.joints(stamp=1.0, names=["a"], positions=[], velocities=[], now=2.0)
    after = robot.state.read(2.0)
    assert after.lost["odom"] == 2 and after.lost["color"] == 2 and after.lost["depth"] == 1
    assert after.lost["camera_info"] == 2 and after.lost["labels"] == 1
    assert after.frame is before.frame
    assert after.ages == before.ages
    assert "9 x 4" in robot.state.wrong["depth"]


def test_instance_ids_and_labels_come_along():
    robot = Robot(instance=True)
    robot.state.labels('{"3": "chair"}')
    ids = RawPicture(
        encoding="16UC1",
        height=HEIGHT,
        width=WIDTH,
        step=2 * WIDTH,
        bigendian=False,
        data=np.full((HEIGHT, WIDTH), 3, "<u2").tobytes(),
    )
    robot.see(1.0)
    robot.state.picture("instance", stamp=1001.0, picture=ids, now=1.0)
    robot.odom(1.0)
    frame = robot.state.read(1.0).frame
    assert frame.instance is not None and frame.instance[0, 0] == 3
    assert frame.labels == {3: "chair"}


def test_its_own_emergency_stop_keeps_it_stopped_until_all_say_otherwise():
    robot = Robot()
    robot.state.estopped(True, source=1)
    robot.state.estopped(False, source=2)
    assert robot.state.read(0.0).stopped
    robot.state.estopped(False, source=1)
    assert not robot.state.read(0.0).stopped
    robot.state.estopped(True, source=3)
    robot.state.still_there([1, 2, 3])
    assert robot.state.read(0.0).stopped
    robot.state.still_there([1, 2])
    assert not robot.state.read(0.0).stopped


def test_a_fixed_arm_needs_neither_odometry_nor_camera():
    state = RosState(RosConfig(base=False, pictures=False, arm="panda", joints=("a", "b")))
    state.joints(stamp=5.0, names=["b", "a"], positions=[2.0, 1.0], velocities=[0, 0], now=1.0)
    readings = state.read(1.1)
    assert readings.joints is not None and readings.joints.tolist() == [1.0, 2.0]
    assert readings.ages == {"joints": pytest.approx(0.1)}


def test_a_camera_without_a_base_stands_at_the_origin():
    robot = Robot(base=False)
    assert robot.see(1.0)
    assert np.array_equal(robot.state.read(1.0).frame.T_world_body, np.eye(4))


ANY = st.floats() | st.integers(-(2**40), 2**40).map(float)
MANY = st.lists(ANY, max_size=5)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_message_whatever_raises_or_gives_what_is_not_finite(data):
    robot = Robot(arm="panda", joints=("a", "b"))
    robot.run(0.0, 0.2)
    for step in range(data.draw(st.integers(1, 5))):
        now = 0.2 + 0.05 * step
        robot.state.odom(
            stamp=data.draw(ANY),
            position=[data.draw(ANY) for _ in range(3)],
            orientation=[data.draw(ANY) for _ in range(4)],
            linear=[data.draw(ANY) for _ in range(3)],
            angular=[data.draw(ANY) for _ in range(3)],
            now=now,
        )
        picture = RawPicture(
            encoding=data.draw(st.sampled_from(["rgb8", "16UC1", "32FC1", "?"])),
            height=data.draw(st.integers(0, 5)),
            width=data.draw(st.integers(0, 9)),
            step=data.draw(st.integers(0, 40)),
            bigendian=data.draw(st.booleans()),
            data=data.draw(st.binary(max_size=160)),
        )
        channel = data.draw(st.sampled_from(["color", "depth"]))
        robot.state.picture(channel, stamp=data.draw(ANY), picture=picture, now=now)
        robot.state.camera_info(
            width=data.draw(st.integers(0, 9)),
            height=data.draw(st.integers(0, 9)),
            k=data.draw(MANY),
            p=data.draw(MANY),
            d=data.draw(MANY),
        )
        robot.state.joints(
            stamp=data.draw(ANY),
            names=data.draw(st.lists(st.sampled_from("abc"), max_size=3)),
            positions=data.draw(MANY),
            velocities=data.draw(MANY),
            now=now,
        )
        robot.state.labels(data.draw(st.text(max_size=20)))
        robot.state.battery(data.draw(ANY))
        readings = robot.state.read(now)
        assert np.isfinite(readings.T_world_body).all()
        assert np.isfinite([readings.forward, readings.turn]).all()
        assert all(age >= 0.0 for age in readings.ages.values())
        assert all(np.isfinite(value) for value in readings.values.values())
        if readings.joints is not None:
            assert np.isfinite(readings.joints).all()
        if readings.frame is not None:
            assert np.isfinite(readings.frame.depth).all()
            assert np.isfinite(readings.frame.T_world_camera).all()


def test_it_may_be_filled_and_read_from_many_threads():
    robot = Robot()
    errors: list[BaseException] = []
    over = threading.Event()

    def read() -> None:
        try:
            while not over.is_set():
                readings = robot.state.read(10.0)
                frame = readings.frame
                if frame is not None:
                    # Pose, stamp and picture are always those of one moment.
                    assert frame.T_world_body[0, 3] == pytest.approx(frame.taken, abs=1e-3)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    robot.run(0.0, 8.0)
    over.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert robot.state.read(8.0).frame.number >= 79
