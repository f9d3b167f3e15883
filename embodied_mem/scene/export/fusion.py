"""A closed mesh from frames with depth: a truncated signed distance field, and its zero surface."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.scene.export.files import write_triangles
from embodied_mem.scene.export.triangles import Mesh
from embodied_mem.scene.registration.clouds import inverse_of
from embodied_mem.scene.registration.open3d_loader import load_open3d
from embodied_mem.types import Observation

__all__ = ["FusedMesh", "FusionConfig"]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class FusionConfig:
    """How finely frames are joined."""

    voxel: float = 0.04
    """Edge of a voxel, m."""
    band: float = 0.16
    """Distance from a surface at which the field is cut off, m: more than depth errs by."""
    max_depth: float = 4.0
    """Farther points are left out, m."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If the lengths are not ordered.
        """
        if not 0.0 < self.voxel <= self.band or self.max_depth <= 0.0:
            raise ConfigError("fusion needs 0 < voxel <= band and a positive max_depth, m")


@final
class FusedMesh:
    """Joins frames into one surface (Curless and Levoy 1996, A volumetric method), with Open3D.

    Args:
        config: Voxels and band.

    Raises:
        MissingExtraError: If Open3D is not there.
    """

    def __init__(self, config: FusionConfig | None = None) -> None:
        self.config = config or FusionConfig()
        self._o3d = load_open3d()
        core = self._o3d.core
        self._grid = self._o3d.t.geometry.VoxelBlockGrid(
            attr_names=("tsdf", "weight", "color"),
            attr_dtypes=(core.float32, core.float32, core.float32),
            attr_channels=((1,), (1,), (3,)),
            voxel_size=self.config.voxel,
            block_resolution=8,
            block_count=4096,
            device=core.Device("CPU:0"),
        )
        self.frames = 0
        """Frames joined so far."""

    def add(self, observation: Observation) -> None:
        """Joins one frame by its own pose; one without any depth adds nothing."""
        self.frames += 1
        depth = np.nan_to_num(observation.depth, nan=0.0, posinf=0.0)
        if not ((depth > 0.0) & (depth < self.config.max_depth)).any():
            return
        image, tensor = self._o3d.t.geometry.Image, self._o3d.core.Tensor
        seen = image(np.ascontiguousarray(depth[..., None]))
        colour = image(np.ascontiguousarray(observation.rgb.astype(np.float32) / 255.0))
        camera = tensor(observation.intrinsics.matrix)
        pose = tensor(inverse_of(observation.T_world_camera))
        limits = (1.0, self.config.max_depth, self.config.band / self.config.voxel)
        blocks = self._grid.compute_unique_block_coordinates(seen, camera, pose, *limits)
        self._grid.integrate(blocks, seen, colour, camera, camera, pose, *limits)

    def mesh(self) -> Mesh:
        """Returns the surface that the frames show.

        Raises:
            ObservationError: If they show none.
        """
        if not self._grid.hashmap().size():
            raise ObservationError(f"{self.frames} frames show no surface to make a mesh of")
        found = self._grid.extract_triangle_mesh(weight_threshold=0.5)
        colours = np.clip(np.rint(255.0 * found.vertex.colors.numpy()), 0.0, 255.0)
        return Mesh(
            vertices=found.vertex.positions.numpy().astype(np.float32),
            colours=colours.astype(np.uint8),
            faces=found.triangle.indices.numpy().astype(np.int32),
        )

    def write(self, path: Path) -> Mesh:
        """Writes the surface as .ply, .obj or .glb, and returns it.

        Raises:
            ObservationError: If the frames show none.
            ConfigError: If the name ends otherwise.
        """
        mesh = self.mesh()
        write_triangles(path, mesh)
        return mesh
