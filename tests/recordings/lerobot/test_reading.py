import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embodied_mem.cli.ingest import Ingest
from embodied_mem.errors import EmbodiedMemError, RecordingError
from embodied_mem.recordings import FORMATS, open_recording
from embodied_mem.robots.recorded import as_recorded
from embodied_mem.robots.replay import ReplayBody
from embodied_mem.types import Command
from mutations import mutated
from recorded_walk import CAMERA, record_walk, views

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

COUNT = 8
DATA = "data/chunk-000/file-000.parquet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record_walk(tmp_path / "walk", COUNT)
    return tmp_path / "walk"


def edit_info(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "meta/info.json"
    info = json.loads(path.read_text())
    change(info)
    path.write_text(json.dumps(info))


def edit_data(folder: Path, change: Callable[[Any], Any]) -> None:
    table = change(parquet.read_table(folder / DATA))
    parquet.write_table(table, folder / DATA, row_group_size=3)


def make_foreign(folder: Path) -> None:
    """Leaves what any recorder of LeRobotDatasets with depth and poses would write."""
    edit_info(folder, lambda info: info.pop("embodied_mem"))
    keep = ["observation.images.front", "observation.images.front_depth", "pose.camera", "action"]
    edit_data(folder, lambda table: table.select(keep))
    edit_info(folder, lambda info: info["features"].pop("tick"))


def test_a_recording_is_found_and_read(folder: Path) -> None:
    assert "lerobot" in FORMATS
    reader = open_recording(folder)
    assert (reader.format, reader.intrinsics, reader.seconds_per_tick) == ("lerobot", CAMERA, 0.1)
    seen = list(reader)
    assert len(seen) == len(reader) == COUNT
    assert dict(reader.skipped) == {}
    for mine, true in zip(seen, map(as_recorded, views(COUNT)), strict=True):
        assert mine.tick == true.tick
        np.testing.assert_array_equal(mine.rgb, true.rgb)
        np.testing.assert_array_equal(mine.depth, true.depth)
        # The world is upright already: nothing is turned, the floor moves by millimetres.
        np.testing.assert_allclose(mine.T_world_camera, true.T_world_camera, atol=0.02)


def test_recordings_of_others_are_read_given_their_camera(folder: Path) -> None:
    make_foreign(folder)
    with pytest.raises(RecordingError, match="open it with its intrinsics"):
        open_recording(folder)
    reader = open_recording(folder, intrinsics=CAMERA)
    seen = list(reader)
    assert [observation.tick for observation in seen] == list(range(COUNT))
    assert reader.seconds_per_tick == pytest.approx(0.1)
    np.testing.assert_array_equal(seen[5].depth, as_recorded(views(6)[5]).depth)
    with pytest.raises(RecordingError, match="not recorded by embodied_mem"):
        ReplayBody(folder)


def test_all_that_is_missing_is_named_at_once(folder: Path) -> None:
    def strip(info: dict[str, Any]) -> None:
        for key in ("observation.images.front_depth", "pose.camera"):
            del info["features"][key]

    edit_info(folder, strip)
    with pytest.raises(RecordingError, match=r"lacks depth pictures \(.*camera poses \(pose"):
        open_recording(folder)


def test_videos_are_told_apart_from_pictures(folder: Path) -> None:
    make_foreign(folder)

    def film(info: dict[str, Any]) -> None:
        info["features"]["observation.images.front"]["dtype"] = "video"

    edit_info(folder, film)
    with pytest.raises(RecordingError, match=r"observation\.images\.front as video.*PyAV"):
        open_recording(folder, intrinsics=CAMERA)


def test_a_column_that_is_promised_but_missing_is_told(folder: Path) -> None:
    edit_data(folder, lambda table: table.drop_columns(["pose.camera"]))
    for opened in (open_recording, ReplayBody):
        with pytest.raises(RecordingError, match=r"has no column pose\.camera"):
            opened(folder)


def test_older_versions_are_refused(folder: Path) -> None:
    edit_info(folder, lambda info: info.update(codebase_version="v2.1"))
    with pytest.raises(RecordingError, match=r"version v2\.1; expected v3\.0"):
        open_recording(folder)


def test_bad_frames_are_skipped_and_counted(folder: Path) -> None:
    pose = np.eye(4)
    pose[0, 0] = 3.0

    def damage(table: Any) -> Any:
        rows = table.to_pylist()
        rows[0]["observation.images.front"] = None
        rows[1]["observation.images.front"]["bytes"] = b"\xff\xd8\xff" + bytes(100)
        rows[2]["observation.images.front_depth"] = rows[2]["observation.images.front"]
        rows[3]["pose.camera"] = pose.reshape(-1).tolist()
        rows[4]["pose.camera"] = [float("nan")] * 16
        return pa.Table.from_pylist(rows, table.schema)

    edit_data(folder, damage)
    reader = open_recording(folder)
    assert len(list(reader)) == COUNT - 5
    assert dict(reader.skipped) == {
        "colour image is missing": 1,
        "colour image cannot be read": 1,
        "depth image is not 16-bit grey": 1,
        "pose is not a rigid motion": 1,
        "pose is not finite": 1,
    }
    with pytest.raises(RecordingError, match="lacks a picture"):
        for _ in ReplayBody(folder)._recording:
            pass


def test_pictures_of_another_size_are_skipped(folder: Path) -> None:
    with pytest.raises(RecordingError, match="8 x colour image is 64x48, expected 63x48"):
        open_recording(folder, intrinsics=replace(CAMERA, width=63))


def test_ingest_remembers_a_recording(folder: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    flags = Ingest(recording=folder, format="lerobot", out=tmp_path / "walk.mem", json=result)
    assert flags.run() == 0
    metrics = json.loads(result.read_text())["metrics"]
    assert metrics["frames_read"] == COUNT
    assert metrics["frames_skipped"] == 0


@pytest.mark.parametrize("name", ["meta/info.json", DATA])
def test_no_damage_ends_in_a_crash(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    rng = np.random.default_rng(len(name))
    refused = 0
    for _ in range(120):
        (folder / name).write_bytes(mutated(rng, whole))
        for read in (_ingested, _replayed):
            try:
                read(folder)
            except EmbodiedMemError:
                refused += 1
    assert refused > 60
    (folder / name).write_bytes(whole)
    _replayed(folder)


def _ingested(folder: Path) -> None:
    for _ in open_recording(folder):
        pass


def _replayed(folder: Path) -> None:
    with ReplayBody(folder) as body:
        for _ in range(len(body)):
            body.observe()
            body.act(Command())


def test_values_of_the_wrong_kind_are_refused(folder: Path) -> None:
    whole = (folder / "meta/info.json").read_text()
    rng = np.random.default_rng(4)
    odd = [None, -1, 0, 1e308, float("nan"), "x", [], {}, [[1]], True, 2**70, "\x00", ["a"]]
    for _ in range(150):
        info = json.loads(whole)
        _put(info, odd[int(rng.integers(len(odd)))], rng)
        (folder / "meta/info.json").write_text(json.dumps(info))
        for read in (_ingested, _replayed):
            with contextlib.suppress(EmbodiedMemError):
                read(folder)


def _put(tree: Any, value: Any, rng: np.random.Generator) -> None:
    """Puts a value somewhere into a tree."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = keys[int(rng.integers(len(keys)))]
        if not isinstance(tree[key], dict | list) or not tree[key] or rng.random() < 0.15:
            tree[key] = value
            return
        tree = tree[key]
