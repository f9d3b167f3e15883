"""Frames with depth are joined into one surface."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.scene.export.fusion import FusedMesh, FusionConfig
from embodied_mem.scene.registration.open3d_loader import open3d_missing
from embodied_mem.types import Intrinsics, Observation

MISSING = open3d_missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
trimesh = pytest.importorskip("trimesh", reason='pip install "embodied_mem[export]"')


def wall_at(distance: float) -> Observation:
    """Looks along x at a red wall."""
    pose = np.array([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 1], [0, 0, 0, 1]], np.float64)
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[..., 0] = 200
    return Observation(
        rgb=rgb,
        depth=np.full((48, 64), distance, np.float32),
        intrinsics=Intrinsics.from_hfov(64, 48, np.pi / 2),
        T_world_camera=pose,
        T_world_body=np.eye(4),
        tick=0,
    )


def test_two_looks_at_a_wall_give_one_wall_between_them(tmp_path: Path) -> None:
    fused = FusedMesh()
    fused.add(wall_at(1.98))
    fused.add(wall_at(2.02))
    fused.write(tmp_path / "wall.ply")
    mesh = trimesh.load(tmp_path / "wall.ply", process=False)
    np.testing.assert_allclose(mesh.vertices[:, 0], 2.0, atol=0.021)  # one look's at the rim
    assert np.median(mesh.vertices[:, 0]) == pytest.approx(2.0, abs=0.002)
    assert mesh.area == pytest.approx(4.0 * 3.0, rel=0.1)
    assert mesh.face_normals[:, 0].mean() < -0.9
    red = np.asarray(mesh.visual.vertex_colors)[:, :3].mean(axis=0)
    np.testing.assert_allclose(red, (200, 0, 0), atol=3)


def test_nothing_seen_is_no_mesh(tmp_path: Path) -> None:
    fused = FusedMesh()
    fused.add(wall_at(0.0))
    with pytest.raises(ObservationError, match="no surface"):
        fused.write(tmp_path / "wall.ply")
    with pytest.raises(ConfigError, match="band"):
        FusionConfig(voxel=0.3, band=0.1)
