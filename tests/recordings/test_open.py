from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError, RecordingError
from embodied_mem.recordings import open_recording
from recording_folders import INTRINSICS, walk, write_seven_scenes, write_tum


def test_the_format_is_found_from_the_files(tmp_path: Path) -> None:
    write_seven_scenes(tmp_path / "a", walk(3))
    write_tum(tmp_path / "b", walk(3))
    assert open_recording(tmp_path / "a").format == "seven-scenes"
    assert open_recording(str(tmp_path / "b"), intrinsics=INTRINSICS).format == "tum"


def test_a_wrong_format_or_name_is_told(tmp_path: Path) -> None:
    write_seven_scenes(tmp_path, walk(3))
    with pytest.raises(RecordingError, match=r"rgb\.txt is missing"):
        open_recording(tmp_path, "tum")
    with pytest.raises(ConfigError, match="did you mean 'seven-scenes'"):
        open_recording(tmp_path, "seven-scene")


def test_folders_without_a_recording_are_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="not a folder"):
        open_recording(tmp_path / "none")
    with pytest.raises(RecordingError, match="no known recording"):
        open_recording(tmp_path)
    write_seven_scenes(tmp_path / "seq-01", walk(2))
    with pytest.raises(RecordingError, match="seq-01: is it one of these"):
        open_recording(tmp_path)
    with pytest.raises(RecordingError, match="no 7-Scenes frames"):
        open_recording(tmp_path, "seven-scenes")
