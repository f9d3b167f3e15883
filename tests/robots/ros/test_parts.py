"""Small parts: the mount, calibrations, pairs by stamp, joints by name, latched stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ObservationError
from embodied_mem.robots.driver import RobotEvents
from embodied_mem.robots.ros.camera import calibration
from embodied_mem.robots.ros.estop import EstopTopics
from embodied_mem.robots.ros.joints import JointNames
from embodied_mem.robots.ros.mount import CameraMount
from embodied_mem.robots.ros.pairing import Pairing

K = [400.0, 0.0, 320.0, 0.0, 410.0, 240.0, 0.0, 0.0, 1.0]
P = [300.0, 0.0, 310.0, 0.0, 0.0, 305.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]


@settings(deadline=None)
@given(tilt=st.floats(-1.5, 1.5), yaw=st.floats(-3.0, 3.0))
def test_a_mount_is_a_rotation_that_looks_where_it_says(tilt, yaw):
    matrix = CameraMount(x=1.0, y=2.0, z=3.0, tilt=tilt, yaw=yaw).matrix
    turn = matrix[:3, :3]
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    ahead = turn @ [0.0, 0.0, 1.0]
    assert np.arcsin(ahead[2]) == pytest.approx(tilt, abs=1e-6)  # up is up
    assert np.arctan2(ahead[1], ahead[0]) == pytest.approx(yaw, abs=1e-6)  # left is left
    assert (turn @ [1.0, 0.0, 0.0])[2] == pytest.approx(0.0)  # level
    assert (turn @ [0.0, 1.0, 0.0])[2] < 0.0  # upright
    assert matrix[:3, 3].tolist() == [1.0, 2.0, 3.0]


def test_the_rectified_matrix_counts_and_distortion_is_told():
    seen = calibration(width=640, height=480, k=K, p=P, d=[0.1, 0.0])
    assert (seen.intrinsics.fx, seen.intrinsics.cy) == (300.0, 230.0)
    assert "0.1" in seen.warning
    raw = calibration(width=640, height=480, k=K, p=[0.0] * 12, d=[0.0] * 5)
    assert (raw.intrinsics.fx, raw.intrinsics.fy, raw.warning) == (400.0, 410.0, "")


def test_binning_and_origin_are_applied():
    seen = calibration(
        width=640, height=480, k=K, p=[0.0] * 12, d=[], binning=(2, 2), origin=(0, 0)
    ).intrinsics
    assert (seen.width, seen.height, seen.fx) == (320, 240, 200.0)
    # A point that projects to the middle of a pair of pixels lies at the centre of their one.
    assert seen.cx == pytest.approx((320.0 - 0.5) / 2.0)
    cut = calibration(width=640, height=480, k=K, p=[0.0] * 12, d=[], origin=(20, 10)).intrinsics
    assert (cut.cx, cut.cy) == (300.0, 230.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"k": [0.0] * 9, "p": [0.0] * 12},
        {"k": K[:8]},
        {"p": P[:-1]},
        {"width": 0},
        {"k": [float("nan"), *K[1:]]},
        {"d": [float("inf")]},
        {"p": [300.0, 0.0, 9999.0, *P[3:]]},
        {"height": 2**32 - 1},
    ],
)
def test_a_calibration_without_sense_is_refused(wrong):
    with pytest.raises(ObservationError):
        calibration(**{"width": 640, "height": 480, "k": K, "p": P, "d": [], **wrong})


def picture() -> np.ndarray:
    return np.zeros(1)


def test_pictures_of_one_moment_find_each_other_in_any_order():
    pairing = Pairing(tolerance=0.02)
    assert pairing.add("color", 1.0, picture()) is None
    assert pairing.add("color", 1.1, picture()) is None
    found = pairing.add("depth", 1.095, picture())
    assert found is not None and found.stamp == 1.095
    assert not +pairing.unpaired  # who joins late has missed the other half
    assert pairing.add("depth", 1.2, picture()) is None
    found = pairing.add("color", 1.2, picture())
    assert found is not None and set(found.pictures) == {"color", "depth"}
    pairing.add("depth", 1.3, picture())
    pairing.add("depth", 1.4, picture())
    pairing.add("color", 1.4, picture())
    assert +pairing.unpaired == {"depth": 1}


def test_a_third_channel_is_waited_for():
    pairing = Pairing(("color", "depth", "instance"))
    assert pairing.add("depth", 1.0, picture()) is None
    assert pairing.add("instance", 1.0, picture()) is None
    assert pairing.add("color", 1.0, picture()) is not None


@settings(deadline=None)
@given(st.permutations([(name, step) for step in range(4) for name in ("color", "depth")]))
def test_no_picture_is_used_twice_or_with_one_of_another_time(order):
    pairing = Pairing(tolerance=0.02)
    used = []
    for channel, step in order:
        found = pairing.add(channel, 0.1 * step, np.array([step]))
        if found is not None:
            assert found.pictures["color"].item() == found.pictures["depth"].item()
            used.append(found.pictures["depth"].item())
    assert len(used) == len(set(used))
    assert used == sorted(used)  # what comes is never older than what came


def test_pictures_without_partners_do_not_pile_up():
    pairing = Pairing(kept=8)
    pairing.add("depth", -0.1, picture())
    assert pairing.add("color", -0.1, picture()) is not None
    for step in range(100):
        assert pairing.add("color", 0.1 * step, picture()) is None
    assert pairing.unpaired["color"] == 92


def test_after_the_clock_was_set_back_pairs_are_found_again():
    pairing = Pairing()
    for stamp in (100.0, 100.1, 50.0, 50.1):
        pairing.add("color", stamp, picture())
        assert pairing.add("depth", stamp, picture()) is not None


def test_joints_come_in_any_order_and_in_parts():
    names = JointNames(("a", "b"))
    whole = names.add(1.0, ["wheel", "b", "a"], [9.0, 2.0, 1.0], [0.0, 0.2, 0.1])
    assert whole is not None
    assert whole[0].tolist() == [1.0, 2.0]
    assert whole[1] is not None and whole[1].tolist() == [0.1, 0.2]
    assert names.add(1.1, ["wheel"], [9.0], []) is None
    assert names.add(2.0, ["a"], [1.5], []) is None  # b is a second old
    whole = names.add(2.05, ["b"], [2.5], [])
    assert whole is not None and whole[0].tolist() == [1.5, 2.5] and whole[1] is None


@pytest.mark.parametrize(
    ("names", "positions", "velocities"),
    [
        (["a", "b"], [1.0], []),
        (["a", "b"], [1.0, 2.0], [0.0]),
        (["a", "a"], [1.0, 2.0], []),
        (["a", "b"], [float("nan"), 2.0], []),
        (["a", "b"], [1.0, 2.0], [0.0, float("inf")]),
    ],
)
def test_joints_that_do_not_fit_together_are_refused(names, positions, velocities):
    with pytest.raises(ObservationError):
        JointNames(("a", "b")).add(1.0, names, positions, velocities)


class Gate:
    """Latches as a gate does, by stamps."""

    def __init__(self) -> None:
        self.stop: float | None = None

    @property
    def events(self) -> RobotEvents:
        return RobotEvents(estop=self._estop, reset=self._reset, enable=lambda: None)

    def _estop(self, reason: str, stamp: float) -> None:
        assert "e_stop" in reason
        self.stop = max(stamp, self.stop or stamp)

    def _reset(self, stamp: float) -> None:
        if self.stop is not None and stamp >= self.stop:
            self.stop = None


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("stop", "reset", "latched"), [(1.0, 2.0, False), (3.0, 2.0, True)])
def test_who_joins_late_knows_whether_the_stop_has_ended(turned, stop, reset, latched):
    gate = Gate()
    topics = EstopTopics(gate.events, joined=10.0)
    told = [lambda: topics.stop(True, stop, 10.1), lambda: topics.reset(True, reset)]
    for tell in reversed(told) if turned else told:
        tell()
    assert (gate.stop is not None) == latched


def test_later_a_stop_counts_whatever_its_clock_says():
    gate = Gate()
    topics = EstopTopics(gate.events, joined=10.0)
    topics.reset(True, 50.0)
    topics.stop(True, 20.0, 30.0)
    assert gate.stop == 20.0


def test_false_neither_stops_nor_resets():
    gate = Gate()
    topics = EstopTopics(gate.events, joined=10.0)
    topics.stop(False, 20.0, 30.0)
    assert gate.stop is None
    topics.stop(True, 21.0, 31.0)
    topics.stop(False, 22.0, 32.0)
    topics.reset(False, 23.0)
    assert gate.stop == 21.0
