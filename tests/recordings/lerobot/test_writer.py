import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from embodied_mem.errors import ConfigError, MissingExtraError, RecordingError
from embodied_mem.recordings.lerobot import LeRobotWriter, WriterConfig
from embodied_mem.robots.safety.events import GateEvent
from embodied_mem.types import Command
from recorded_walk import WalkBody, commands, record_walk, views

parquet = pytest.importorskip("pyarrow.parquet")

COUNT = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    record_walk(folder, COUNT)
    return folder


def test_info_tells_what_lerobot_looks_for(folder: Path) -> None:
    info = json.loads((folder / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["fps"], info["robot_type"], info["splits"]) == (10, "walker-3", {"train": "0:1"})
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (1, COUNT, 1)
    assert info["chunks_size"] == 1000
    assert info["data_path"] == "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
    assert info["video_path"] is None
    features = info["features"]
    assert features["observation.images.front"] == {
        "dtype": "image",
        "shape": [48, 64, 3],
        "names": ["height", "width", "channels"],
    }
    depth = features["observation.images.front_depth"]
    assert depth["shape"] == [48, 64, 1]
    assert depth["info"] == {"is_depth_map": True, "depth_unit": "mm"}
    assert features["action"]["names"] == ["forward", "turn", "joints.0", "joints.1"]
    assert features["observation.state"]["names"] == ["x", "y", "yaw", "battery", "tilt", "lost"]
    for name in ("timestamp", "frame_index", "episode_index", "index", "task_index"):
        assert features[name]["shape"] == [1]
        assert features[name]["dtype"] == ("float32" if name == "timestamp" else "int64")


def test_only_what_a_policy_learns_from_is_called_observation_or_action(folder: Path) -> None:
    features = json.loads((folder / "meta/info.json").read_text())["features"]
    assert {key for key in features if key.startswith(("observation", "action"))} == {
        "observation.images.front",
        "observation.images.front_depth",
        "observation.state",
        "action",
    }


def test_columns_are_as_the_features_say(folder: Path) -> None:
    table = parquet.read_table(folder / "data/chunk-000/file-000.parquet")
    features = json.loads((folder / "meta/info.json").read_text())["features"]
    assert table.schema.names == list(features)
    assert table.num_rows == COUNT
    assert table["frame_index"].to_pylist() == list(range(COUNT)) == table["index"].to_pylist()
    np.testing.assert_allclose(table["timestamp"].to_numpy(), np.arange(COUNT) / 10)
    true = views(COUNT)
    states = np.array(table["observation.state"].to_pylist())
    np.testing.assert_allclose(states[:, 0], [v.T_world_body[0, 3] for v in true], rtol=1e-6)
    sent, asked = (np.array(table[key].to_pylist()) for key in ("action", "asked"))
    np.testing.assert_allclose(sent[:, 0], 0.5 * asked[:, 0], rtol=1e-6)
    np.testing.assert_allclose(asked[:, 1], [c.turn for c in commands(COUNT)], rtol=1e-6)
    about = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert about["observation.images.front"] == {"_type": "Image"}
    assert about["action"]["length"] == 4


def test_pictures_are_png_files_as_hugging_face_embeds_them(folder: Path) -> None:
    table = parquet.read_table(folder / "data/chunk-000/file-000.parquet")
    cell = table["observation.images.front_depth"][3].as_py()
    assert set(cell) == {"bytes", "path"}
    decoded = cv2.imdecode(np.frombuffer(cell["bytes"], np.uint8), cv2.IMREAD_UNCHANGED)
    true = views(COUNT)[3].depth
    np.testing.assert_array_equal(decoded, np.rint(true * np.float32(1000)).astype(np.uint16))


def test_statistics_are_those_of_the_columns(folder: Path) -> None:
    statistics = json.loads((folder / "meta/stats.json").read_text())
    table = parquet.read_table(folder / "data/chunk-000/file-000.parquet")
    action = np.array(table["action"].to_pylist())
    for name, function in (("mean", np.nanmean), ("std", np.nanstd), ("q90", _q90)):
        np.testing.assert_allclose(statistics["action"][name], function(action, axis=0), rtol=1e-5)
    assert statistics["action"]["count"] == [COUNT]
    colour = np.stack([view.rgb for view in views(COUNT)]) / 255.0
    mean = np.array(statistics["observation.images.front"]["mean"])
    assert mean.shape == (3, 1, 1)
    np.testing.assert_allclose(mean[:, 0, 0], colour.mean(axis=(0, 1, 2)), atol=1e-6)
    assert np.shape(statistics["observation.images.front_depth"]["max"]) == (1, 1, 1)
    assert "labels" not in statistics


def _q90(rows: np.ndarray, axis: int) -> np.ndarray:
    return np.nanquantile(rows, 0.9, axis=axis)


def test_tasks_and_episodes_have_the_columns_that_lerobot_reads(tmp_path: Path) -> None:
    record_walk(tmp_path, COUNT, file_bytes=20_000)
    tasks = parquet.read_table(tmp_path / "meta/tasks.parquet")
    assert tasks["task_index"].to_pylist() == [0]
    assert tasks["__index_level_0__"].to_pylist() == ["walk along"]
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["__index_level_0__"]
    episodes = parquet.read_table(tmp_path / "meta/episodes/chunk-000/file-000.parquet")
    rows = episodes.to_pylist()
    assert len(rows) > 2
    start = 0
    for number, row in enumerate(rows):
        data = parquet.read_table(tmp_path / f"data/chunk-000/file-{number:03d}.parquet")
        assert (row["episode_index"], row["data/chunk_index"], row["data/file_index"]) == (
            number,
            0,
            number,
        )
        assert row["tasks"] == ["walk along"]
        assert row["length"] == data.num_rows == row["dataset_to_index"] - start
        assert row["dataset_from_index"] == start
        assert data["index"].to_pylist() == list(range(start, start + data.num_rows))
        assert data["frame_index"].to_pylist() == list(range(data.num_rows))
        assert set(data["episode_index"].to_pylist()) == {number}
        assert row["stats/action/count"] == [data.num_rows]
        start = row["dataset_to_index"]
    assert start == COUNT
    info = json.loads((tmp_path / "meta/info.json").read_text())
    assert info["total_episodes"] == len(rows)
    merged = json.loads((tmp_path / "meta/stats.json").read_text())
    sent = [0.5 * command.forward for command in commands(COUNT)]
    np.testing.assert_allclose(merged["action"]["mean"][0], np.mean(sent), rtol=1e-5)
    np.testing.assert_allclose(merged["action"]["std"][0], np.std(sent), rtol=1e-5)


def test_nothing_but_the_recording_is_left(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "data/chunk-000/file-000.parquet",
        "events.jsonl",
        "meta/episodes/chunk-000/file-000.parquet",
        "meta/info.json",
        "meta/stats.json",
        "meta/tasks.parquet",
    }


def test_a_second_recording_does_not_overwrite_the_first(folder: Path) -> None:
    with pytest.raises(RecordingError, match="holds a recording already"):
        LeRobotWriter(folder)


def test_other_files_may_lie_beside(tmp_path: Path) -> None:
    (tmp_path / "robot.mem").write_bytes(b"memory")
    record_walk(tmp_path, 2)
    assert (tmp_path / "robot.mem").read_bytes() == b"memory"


def test_nothing_is_written_before_the_first_observation(tmp_path: Path) -> None:
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody(views(1)))
    writer.acted(Command(), Command())
    writer.close()
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_what_changes_midway_is_refused(tmp_path: Path) -> None:
    first = views(1)[0]
    writer = LeRobotWriter(tmp_path)
    with pytest.raises(RecordingError, match="call begin"):
        writer.observed(first)
    writer.begin(WalkBody([replace(first, instance=None)]))
    writer.observed(replace(first, instance=None))
    for changed, what in (
        (replace(first, instance=None, seconds_per_tick=0.2), "tick changed from 0.1"),
        (replace(first, instance=None, agent="other"), "agent changed"),
        (
            replace(first, instance=None, intrinsics=replace(first.intrinsics, fx=9.0)),
            "camera model changed",
        ),
        (first, "instance ids began"),
    ):
        with pytest.raises(RecordingError, match=what):
            writer.observed(changed)
    writer.close()
    assert parquet.read_metadata(tmp_path / "data/chunk-000/file-000.parquet").num_rows == 1
    with pytest.raises(RecordingError, match="is closed"):
        writer.acted(Command(), Command())


@pytest.mark.parametrize("setting", [{"packing": 10}, {"packing": -1}, {"file_bytes": 0}])
def test_settings_out_of_range_are_refused(setting: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="expected 0 to 9"):
        WriterConfig(**setting)


@pytest.mark.parametrize("worst", [-1, 65536])
def test_ids_that_do_not_fit_are_refused(tmp_path: Path, worst: int) -> None:
    view = views(1)[0]
    ids = np.full(view.depth.shape, worst, np.int32)
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody([view]))
    with pytest.raises(RecordingError, match="0 to 65535"):
        writer.observed(replace(view, instance=ids))
    writer.close()


def test_pictures_of_ids_may_come_and_go(tmp_path: Path) -> None:
    first, second = views(2)
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody([first]))
    writer.observed(first)
    writer.observed(replace(second, instance=None, labels={}))
    writer.close()
    column = parquet.read_table(tmp_path / "data/chunk-000/file-000.parquet")["instance.front"]
    assert [cell.as_py() is None for cell in column] == [False, True]


def test_later_changes_of_a_picture_are_not_recorded(tmp_path: Path) -> None:
    view = views(1)[0]
    true = view.rgb.copy()
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody([view]))
    writer.observed(view)
    view.rgb[...] = 0
    writer.close()
    table = parquet.read_table(tmp_path / "data/chunk-000/file-000.parquet")
    png = table["observation.images.front"][0].as_py()["bytes"]
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded[..., ::-1], true)


def test_events_lie_beside_with_the_frame_they_followed(tmp_path: Path) -> None:
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody(views(2)))
    for index, view in enumerate(views(2)):
        writer.observed(view)
        writer.happened(GateEvent(time=1.5 + index, row=5, what="e-stop „now“"))
    writer.close()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert lines == [
        {"frame": 0, "time": 1.5, "row": 5, "what": "e-stop „now“"},
        {"frame": 1, "time": 2.5, "row": 5, "what": "e-stop „now“"},
    ]


def test_a_missing_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[record\]"):
        LeRobotWriter(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_the_brain_did_not_see_is_in_the_state_alone(tmp_path: Path) -> None:
    writer = LeRobotWriter(tmp_path)
    writer.begin(WalkBody(views(2)))
    first, second = views(2)
    writer.observed(first, {"forward": 0.25, "wrist": 1.5})
    writer.observed(second, {"wrist": 1.75})
    writer.close()
    info = json.loads((tmp_path / "meta/info.json").read_text())
    assert info["features"]["observation.state"]["names"][-2:] == ["forward", "wrist"]
    table = parquet.read_table(tmp_path / "data/chunk-000/file-000.parquet")
    states = np.array(table["observation.state"].to_pylist())
    np.testing.assert_array_equal(states[:, -2:], [[0.25, 1.5], [np.nan, 1.75]])
    assert "wrist" not in table["proprioception"][0].as_py()
