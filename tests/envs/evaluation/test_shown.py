import numpy as np
import pytest

from embodied_mem.errors import ObservationError
from embodied_mem.types import Intrinsics, Observation
from embodied_mem_envs.evaluation.shown import ShownTracker, floor_covered


def frame(
    patches: list[tuple[int, int, float]], width: int = 640, height: int = 480, bare: bool = False
) -> Observation:
    """A picture with one row of pixels for each (instance, number of pixels, depth)."""
    instance = np.zeros((height, width), np.int32)
    depth = np.full((height, width), 2.0, np.float32)
    for row, (name, pixels, metres) in enumerate(patches):
        instance[row, :pixels] = name
        depth[row, :pixels] = metres
    return Observation(
        rgb=np.zeros((height, width, 3), np.uint8),
        depth=depth,
        intrinsics=Intrinsics.from_hfov(width, height, 1.5),
        T_world_camera=np.eye(4),
        T_world_body=np.eye(4),
        tick=0,
        instance=None if bare else instance,
    )


NAMES = {1: "mug-0", 2: "sofa-1", 3: "bed-2", 9: "cat-9"}


def test_enough_pixels_within_range_count() -> None:
    tracker = ShownTracker(["sofa-1", "mug-0", "bed-2"])
    tracker.update(frame([(1, 400, 3.5), (2, 399, 1.0), (3, 600, 3.6), (9, 600, 1.0)]), NAMES)
    assert tracker.ids == ("bed-2", "mug-0", "sofa-1")
    assert tracker.frames.tolist() == [0, 1, 0]
    assert tracker.shown() == ["mug-0"]


def test_pixels_without_depth_do_not_count() -> None:
    tracker = ShownTracker(["mug-0"])
    tracker.update(frame([(1, 600, 0.0), (1, 300, 1.0)]), NAMES)
    assert tracker.shown() == []


def test_the_threshold_follows_the_size_of_the_picture() -> None:
    tracker = ShownTracker(["mug-0", "sofa-1"])
    tracker.update(frame([(1, 100, 1.0), (2, 99, 1.0)], width=320, height=240), NAMES)
    assert tracker.shown() == ["mug-0"]


def test_frames_add_up_across_permuted_ids() -> None:
    tracker = ShownTracker(["mug-0", "sofa-1"])
    tracker.update(frame([(1, 500, 1.0), (2, 500, 1.0)]), {1: "mug-0", 2: "sofa-1"})
    tracker.update(frame([(2, 500, 1.0)]), {1: "sofa-1", 2: "mug-0"})
    assert tracker.shown(min_frames=2) == ["mug-0"]
    assert tracker.shown() == ["mug-0", "sofa-1"]


def test_a_frame_without_ids_is_refused() -> None:
    with pytest.raises(ObservationError, match="instance ids"):
        ShownTracker(["mug-0"]).update(frame([], bare=True), {})


def test_floor_covered_counts_free_points_only() -> None:
    states = np.array([0, 1, 2, 1], np.uint8)
    points = np.array([[0.5, 0.0], [1.5, 0.0], [2.5, 0.0], [3.5, 0.0]])
    covered = floor_covered(points, lambda xy: states[xy[:, 0].astype(int)])
    assert covered == 0.5
