from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embodied_mem.errors import RecordingError
from embodied_mem.recordings import open_recording
from recording_folders import walk, write_seven_scenes


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kitchen")
    write_seven_scenes(folder, walk(12))
    return folder


@pytest.fixture
def copy(tmp_path: Path, recording: Path) -> Path:
    for path in recording.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_every_frame_is_read_in_order_and_in_project_units(recording: Path) -> None:
    reader = open_recording(recording)
    truth = walk(12)
    assert reader.format == "seven-scenes"
    assert len(reader) == 12
    seen = list(reader)
    assert [o.tick for o in seen] == [5 * k for k in range(12)]
    assert reader.frames_read == 12
    assert reader.frames_skipped == 0
    assert dict(reader.skipped) == {}
    for observation, true in zip(seen, truth, strict=True):
        np.testing.assert_array_equal(observation.rgb, true.rgb)
        np.testing.assert_allclose(observation.depth, true.depth, atol=6e-4)
        assert observation.seconds_per_tick == pytest.approx(1 / 30)
        assert observation.intrinsics.fx == pytest.approx(140.0)


def test_the_world_is_upright_with_the_floor_at_zero(recording: Path) -> None:
    truth = walk(12)
    for observation, true in zip(open_recording(recording), truth, strict=True):
        # Height and tilt are the room's own; only heading and origin are free.
        np.testing.assert_allclose(
            observation.T_world_camera[2], true.T_world_camera[2], atol=0.012
        )
        body = observation.T_world_body
        np.testing.assert_allclose(body[:2, 3], observation.T_world_camera[:2, 3])
        assert body[2, 3] == 0.0
        np.testing.assert_allclose(body[:3, 2], [0, 0, 1])
        ahead = observation.T_world_camera[:2, 2]
        np.testing.assert_allclose(body[:2, 0], ahead / np.linalg.norm(ahead), atol=1e-9)


def test_walls_lie_along_the_axes(recording: Path) -> None:
    reader = open_recording(recording)
    true, seen = walk(1)[0], next(iter(reader))
    turn = seen.T_world_camera[:3, :3] @ true.T_world_camera[:3, :3].T
    yaw = np.arctan2(turn[1, 0], turn[0, 0])
    assert abs(yaw - np.round(yaw / (np.pi / 2)) * (np.pi / 2)) < np.deg2rad(1.0)


def test_a_second_pass_is_the_same_and_counts_anew(copy: Path) -> None:
    (copy / "frame-000010.depth.png").unlink()
    reader = open_recording(copy)
    first = [o.T_world_camera.tobytes() for o in reader]
    second = [o.T_world_camera.tobytes() for o in reader]
    assert first == second
    assert (reader.frames_read, reader.frames_skipped) == (11, 1)


def other_size(path: Path) -> None:
    cv2.imwrite(str(path), np.full((50, 60), 900, np.uint16))


def eight_bit(path: Path) -> None:
    cv2.imwrite(str(path), np.full((120, 160), 90, np.uint8))


def grey(path: Path) -> None:
    cv2.imwrite(str(path), np.full((120, 160), 90, np.uint8))


def all_invalid(path: Path) -> None:
    cv2.imwrite(str(path), np.full((120, 160), 65535, np.uint16))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def text(words: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(words) and None


BAD: list[tuple[str, Callable[[Path], None], str]] = [
    ("depth.png", Path.unlink, "depth image is missing"),
    ("depth.png", cut_off, "depth image cannot be read"),
    ("depth.png", other_size, "depth image is 60x50, expected 160x120"),
    ("depth.png", eight_bit, "depth image is not 16-bit grey"),
    ("depth.png", all_invalid, "depth image holds no valid depth"),
    ("color.png", Path.unlink, "colour image is missing"),
    ("color.png", cut_off, "colour image cannot be read"),
    ("color.png", text(""), "colour image cannot be read"),
    ("color.png", grey, "colour image is not 8-bit colour"),
    ("pose.txt", Path.unlink, "pose is missing"),
    ("pose.txt", text(""), "pose is not a 4x4 matrix"),
    ("pose.txt", text("1 0 0"), "pose is not a 4x4 matrix"),
    ("pose.txt", text("nan " * 16), "pose is not finite"),
    ("pose.txt", text("1 0 0 inf 0 1 0 0 0 0 1 0"), "pose is not finite"),
    ("pose.txt", text("2 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"), "pose is not a rigid motion"),
    ("pose.txt", text("-1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"), "pose is not a rigid motion"),
    ("pose.txt", text("1e200 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"), "pose is not a rigid motion"),
    ("pose.txt", text("1 0 0 1e9 0 1 0 0 0 0 1 0 0 0 0 1"), "pose is not plausible"),
    ("pose.txt", text("\u00e9 0 0 0"), "pose is not a 4x4 matrix"),
]


@pytest.mark.parametrize(("part", "damage", "reason"), BAD)
def test_a_bad_frame_is_skipped_with_its_reason(
    copy: Path, part: str, damage: Callable[[Path], None], reason: str
) -> None:
    # The first frame too: it is one of those that tell which way is up.
    for number in (0, 20):
        damage(copy / f"frame-{number:06d}.{part}")
    reader = open_recording(copy)
    ticks = [o.tick for o in reader]
    assert ticks == [5 * k for k in range(12) if k not in (0, 4)]
    assert reader.frames_skipped == 2
    (found,) = reader.skipped
    assert found.startswith(reason)
    assert reader.skipped[found] == 2


def test_a_pose_of_three_rows_or_any_last_row_is_read(copy: Path) -> None:
    path = copy / "frame-000005.pose.txt"
    rows = path.read_text().splitlines()
    path.write_text("\n".join(rows[:3]))
    other = copy / "frame-000010.pose.txt"
    other.write_text("\n".join([*rows[:3], "0 0 0 1"]))
    reader = open_recording(copy)
    poses = {o.tick: o.T_world_camera for o in reader}
    assert reader.frames_skipped == 0
    np.testing.assert_array_equal(poses[5], poses[10])


def test_nothing_readable_is_an_error_that_says_why(copy: Path) -> None:
    for path in copy.glob("*.depth.png"):
        path.unlink()
    with pytest.raises(RecordingError, match=r"no frame that can be used.*12 x depth image is mis"):
        open_recording(copy)


def test_a_bad_intrinsics_file_is_an_error(copy: Path) -> None:
    (copy / "camera-intrinsics.txt").write_text("585 0 320")
    with pytest.raises(RecordingError, match="not a camera"):
        open_recording(copy)


def test_without_an_intrinsics_file_the_camera_is_the_kinects(copy: Path) -> None:
    (copy / "camera-intrinsics.txt").unlink()
    with pytest.raises(RecordingError, match="depth image is 160x120, expected 640x480"):
        open_recording(copy)


DAMAGES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(BAD)), min_size=1, max_size=6)


@given(damages=DAMAGES, junk=st.binary(max_size=60), cut=st.integers(0, 300))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damage_ends_in_a_crash(
    tmp_path_factory: pytest.TempPathFactory,
    recording: Path,
    damages: list[tuple[int, tuple[str, Callable[[Path], None], str]]],
    junk: bytes,
    cut: int,
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for path in recording.iterdir():
        if path.name < "frame-000030":
            (folder / path.name).write_bytes(path.read_bytes())
    touched = set()
    for index, (part, damage, _) in damages:
        path = folder / f"frame-{5 * index:06d}.{part}"
        if path.exists():
            damage(path)
            touched.add(index)
    # And one file of bytes cut off somewhere, with something else behind.
    victim = sorted(folder.glob("frame-*"))[cut % len(list(folder.glob("frame-*")))]
    victim.write_bytes(victim.read_bytes()[:cut] + junk)
    touched.add(int(victim.name[6:12]) // 5)
    try:
        reader = open_recording(folder)
    except RecordingError:
        assert len(touched) == 6
        return
    seen = list(reader)
    assert reader.frames_read == len(seen)
    assert reader.frames_read + reader.frames_skipped == len(reader)
    assert len(reader) >= 5
    untouched = {5 * k for k in range(6)} - {5 * k for k in touched}
    assert untouched <= {o.tick for o in seen}
