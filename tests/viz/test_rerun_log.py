import sys
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import MissingExtraError
from embodied_mem.memory import MemoryStore
from embodied_mem.types import Intrinsics, Observation
from embodied_mem.viz.point_map import PointMap, frame_points
from embodied_mem.viz.reading import read_view
from embodied_mem.viz.rerun_log import RerunLog
from memory_fixture import camera_pose

CAMERA = Intrinsics.from_hfov(64, 48, np.pi / 2)


def observation(tick: int, distance: float = 2.0) -> Observation:
    return Observation(
        rgb=np.full((48, 64, 3), 10 * tick % 255, np.uint8),
        depth=np.full((48, 64), distance, np.float32),
        intrinsics=CAMERA,
        T_world_camera=camera_pose(1.0, 2.0, 0.3 * tick),
        T_world_body=np.eye(4),
        tick=tick,
    )


def test_a_recording_holds_every_entity_on_the_tick_timeline(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    chunk = pytest.importorskip("rerun.chunk")
    view = read_view(sample_memory)
    path = tmp_path / "sub" / "run.rrd"
    with RerunLog(path) as log:
        for tick in range(6):
            log.log_frame(observation(tick))
            log.log_scene(
                tick=tick,
                objects=[entry.fact for entry in view.objects],
                snapshots=view.snapshots[: tick + 1] if tick < 4 else view.snapshots[:1],
                frontiers=view.frontiers if tick < 3 else [],
                path=view.walks[0].path[: 4 * tick],
                floors=view.maps,
            )
    store = chunk.RrdReader(str(path)).store()
    entities = set(store.schema().entity_paths())
    expected = {"camera", "camera/rgb", "camera/depth", "body", "objects", "frontiers", "path"}
    assert {f"/world/{name}" for name in expected} <= entities
    assert "/world/occupancy/0/free" in entities and "/world/points/00000" in entities
    shown = {name.rsplit("/", 1)[-1] for name in entities if name.count("/") == 3}
    assert {entry.record.id for entry in view.snapshots[:4]} <= shown
    assert view.snapshots[5].record.id not in shown
    assert [column.name for column in store.schema().index_columns()] == ["tick"]
    ticks = [
        tick
        for each in store.stream()
        if each.entity_path == "/world/camera/rgb"
        for tick in each.to_record_batch().column("tick").to_pylist()
    ]
    assert sorted(ticks) == list(range(6))


def test_without_rerun_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(MissingExtraError, match=r"--rerun needs .* \"embodied_mem\[viz\]\""):
        RerunLog(tmp_path / "run.rrd")


def test_frame_points_lie_at_their_depth_before_the_camera() -> None:
    seen = observation(2, distance=1.5)
    seen.depth[0, :] = 0
    seen.depth[5, 10] = np.nan
    points, colours = frame_points(seen, 5)
    assert len(points) == len(colours) == 13 * 10 - 13 - 1
    pose = seen.T_world_camera
    depth = (points - pose[:3, 3]) @ pose[:3, 2]
    assert np.allclose(depth, 1.5, atol=1e-4)


def test_the_point_map_shows_each_place_once() -> None:
    cloud = PointMap(cell=0.1, batch=3)
    near = np.array([[0.01, 0.01, 0.01], [0.05, 0.02, 0.03], [-0.05, 0.0, 0.0]], np.float32)
    colours = np.zeros((3, 3), np.uint8)
    cloud.add(near, colours)
    assert cloud.take() is None
    cloud.add(near + np.float32(0.001), colours)
    cloud.add(near + np.float32(5.0), colours)
    batch = cloud.take()
    assert batch is not None and len(batch[0]) == len(batch[1])
    assert 3 <= len(batch[0]) <= 5
    assert cloud.take(all_of_them=True) is None
