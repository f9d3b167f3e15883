from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import RecordingError
from embodied_mem.recordings import open_recording
from embodied_mem.recordings.tum import Tum
from embodied_mem.types import Intrinsics
from recording_folders import INTRINSICS, walk, write_tum

COUNT = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tum(tmp_path / "room", walk(COUNT))
    return tmp_path / "room"


def replace_line(path: Path, index: int, line: str | None) -> None:
    lines = path.read_text().splitlines()
    lines[index : index + 1] = [] if line is None else [line]
    path.write_text("\n".join(lines) + "\n")


def test_frames_are_paired_by_time_and_read(folder: Path) -> None:
    reader = open_recording(folder, intrinsics=INTRINSICS)
    seen = list(reader)
    assert reader.format == "tum"
    assert [o.tick for o in seen] == list(range(COUNT))
    assert reader.frames_skipped == 0
    for observation, true in zip(seen, walk(COUNT), strict=True):
        np.testing.assert_array_equal(observation.rgb, true.rgb)
        np.testing.assert_allclose(observation.depth, true.depth, atol=2e-4)
        # The world is upright already: nothing is turned, the floor moves by millimetres.
        np.testing.assert_allclose(observation.T_world_camera, true.T_world_camera, atol=0.01)


def test_ticks_are_thirtieths_of_a_second_and_keep_gaps(folder: Path) -> None:
    replace_line(folder / "rgb.txt", 5, None)
    ticks = [o.tick for o in open_recording(folder, intrinsics=INTRINSICS)]
    assert ticks == [0, 1, 2, 3, *range(5, COUNT)]


def test_what_has_no_partner_in_time_is_skipped(folder: Path) -> None:
    replace_line(folder / "depth.txt", 3, None)
    replace_line(folder / "groundtruth.txt", 7, None)
    reader = open_recording(folder, intrinsics=INTRINSICS)
    ticks = [o.tick for o in reader]
    assert ticks == [0, 1, 3, 4, 5, 7, 8, 9]
    assert dict(reader.skipped) == {
        "no depth image within 0.02 s": 1,
        "no pose within 0.02 s": 1,
    }


def test_depth_images_are_given_to_one_frame_only(tmp_path: Path) -> None:
    write_tum(tmp_path, walk(4), depth_delay=0.0)
    lines = (tmp_path / "depth.txt").read_text().splitlines()
    rgb = (tmp_path / "rgb.txt").read_text().splitlines()
    time = float(rgb[2].split()[0])
    rgb.insert(3, f"{time + 0.008:.6f} {rgb[2].split()[1]}")
    (tmp_path / "rgb.txt").write_text("\n".join(rgb))
    assert len(lines) == 5
    reader = open_recording(tmp_path, intrinsics=INTRINSICS)
    assert len(list(reader)) == 4
    assert dict(reader.skipped) == {"no depth image within 0.02 s": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nan nan nan 0 0 0 1", "pose is not finite"),
        ("1 2 3 0 0 0 0", "pose is not a rigid motion"),
        ("1 2 3 0 0 0 one", "pose is not finite"),
        ("1 2 3 0 0", "no pose within 0.02 s"),
    ],
)
def test_bad_poses_are_skipped(folder: Path, line: str, reason: str) -> None:
    path = folder / "groundtruth.txt"
    time = path.read_text().splitlines()[4].split()[0]
    replace_line(path, 4, f"{time} {line}")
    reader = open_recording(folder, intrinsics=INTRINSICS)
    assert len(list(reader)) == COUNT - 1
    assert dict(reader.skipped) == {reason: 1}


@pytest.mark.parametrize("name", ["../room/rgb/x.png", "/etc/passwd", "rgb/none.png"])
def test_names_that_lead_nowhere_or_out_of_the_folder_are_skipped(folder: Path, name: str) -> None:
    path = folder / "rgb.txt"
    time, good = path.read_text().splitlines()[4].split()
    (folder / "rgb" / "x.png").write_bytes((folder / good).read_bytes())
    replace_line(path, 4, f"{time} {name}")
    reader = open_recording(folder, intrinsics=INTRINSICS)
    assert len(list(reader)) == COUNT - 1
    assert dict(reader.skipped) == {"colour image is missing": 1}


def test_lines_that_are_not_understood_are_as_absent(folder: Path) -> None:
    path = folder / "rgb.txt"
    path.write_text("rubbish\nnan rgb/x.png\n1e300 rgb/x.png\n\n" + path.read_text())
    reader = open_recording(folder, intrinsics=INTRINSICS)
    assert len(list(reader)) == COUNT


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt", "groundtruth.txt"])
def test_a_missing_or_empty_index_is_an_error(folder: Path, name: str) -> None:
    (folder / name).write_text("# nothing\n")
    with pytest.raises(RecordingError, match="lists nothing"):
        open_recording(folder, "tum")
    (folder / name).unlink()
    with pytest.raises(RecordingError, match=f"{name} is missing"):
        open_recording(folder, "tum")


@pytest.mark.parametrize(
    ("name", "fx"),
    [
        ("rgbd_dataset_freiburg1_desk", 517.3),
        ("fr2_xyz", 520.9),
        ("rgbd_dataset_freiburg3_long_office_household", 535.4),
        ("somewhere", 525.0),
    ],
)
def test_the_camera_is_known_by_the_name_of_the_folder(
    tmp_path: Path, name: str, fx: float
) -> None:
    write_tum(tmp_path / name, walk(2))
    (tmp_path / name / "camera-intrinsics.txt").unlink()
    assert Tum(tmp_path / name).intrinsics.fx == fx


def test_the_camera_can_be_given_by_file_and_by_argument(folder: Path) -> None:
    assert Tum(folder).intrinsics.fx == INTRINSICS.fx
    other = Intrinsics(width=160, height=120, fx=99.0, fy=99.0, cx=80.0, cy=60.0)
    assert Tum(folder, other).intrinsics == other
