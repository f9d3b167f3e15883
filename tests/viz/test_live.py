from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.perception import Segmentation
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Command, Float32Array
from embodied_mem.viz.live import LiveLog, NoLog, open_live
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house


class MeanColour:
    """Describes an instance by its mean colour: enough to grow a scene in a test."""

    space = "mean-colour"
    dimension = 4

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, 4) unit vectors."""
        flat, rgb = segmentation.mask.ravel(), frame.rgb.reshape(-1, 3)
        sums = [np.bincount(flat, rgb[:, c], len(segmentation) + 1)[1:] for c in range(3)]
        vectors = np.column_stack([*sums, np.ones(len(segmentation))])
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit.astype(np.float32)


def test_a_walk_is_recorded_with_the_scene_as_it_grows(tmp_path: Path) -> None:
    chunk = pytest.importorskip("rerun.chunk")
    house = generate_house(3, HouseConfig(rooms=3))
    body = HouseBody(house, camera=CameraConfig(width=160, height=120))
    hippocampus = Hippocampus(SceneGraph(InstanceSegmenter(), MeanColour()), MemoryStore())
    log = open_live(tmp_path / "walk.rrd")
    log.log(hippocampus)
    body.connect()
    for _ in range(12):
        hippocampus.observe(body.observe())
        log.log(hippocampus)
        body.act(Command(turn=0.5))
    log.close()
    store = chunk.RrdReader(str(tmp_path / "walk.rrd")).store()
    rows: dict[str, int] = {}
    for each in store.stream():
        rows[each.entity_path] = rows.get(each.entity_path, 0) + each.num_rows
    assert rows["/world/camera/rgb"] == 12
    assert rows["/world/occupancy/0/free"] == 2
    boxes = [c for c in store.schema().component_columns() if c.entity_path == "/world/objects"]
    assert any("Boxes3D" in column.name for column in boxes)


def test_without_a_path_nothing_is_recorded() -> None:
    assert isinstance(open_live(None), NoLog)
    assert not isinstance(open_live(None), LiveLog)
