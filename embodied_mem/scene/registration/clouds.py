"""Clouds of points with normals and colours, made of frames and thinned to voxels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.perception.frame import default_stride, make_frame
from embodied_mem.perception.normals import world_normals
from embodied_mem.scene.voxels import pack
from embodied_mem.types import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    Observation,
    UInt8Array,
)

__all__ = ["Cloud", "CloudFrame", "frame_cloud", "joined", "world_cloud"]

CloudFrame = Literal["camera", "body", "world"]
"""What the points of a frame's cloud are told in; `world` is that of the observation's poses."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cloud:
    """Points of surfaces, each with the direction that its surface faces."""

    points: Float32Array
    """(n, 3) metres."""
    normals: Float32Array
    """(n, 3) unit vectors towards where it was seen from."""
    colours: UInt8Array
    """(n, 3) RGB."""
    weights: Float32Array
    """(n,) how much each counts: the inverse variance of depth, 1 for one pixel at 1 m."""

    def __post_init__(self) -> None:
        """Checks the shapes.

        Raises:
            ObservationError: If the arrays do not belong together.
        """
        n = len(self.points)
        shapes = (self.points.shape, self.normals.shape, self.colours.shape, self.weights.shape)
        if shapes != ((n, 3), (n, 3), (n, 3), (n,)):
            raise ObservationError(
                f"a cloud's points, normals, colours and weights are {shapes}; expected (n, 3) "
                "three times and (n,)"
            )

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def of(
        cls,
        points: Float32Array,
        normals: Float32Array,
        colours: UInt8Array | None = None,
        weights: Float32Array | None = None,
    ) -> "Cloud":
        """Makes a cloud of (n, 3) points and normals, grey and of equal weight if not told."""
        n = len(points)
        return cls(
            points=np.asarray(points, np.float32),
            normals=np.asarray(normals, np.float32),
            colours=np.full((n, 3), 128, np.uint8) if colours is None else colours,
            weights=np.ones(n, np.float32) if weights is None else weights,
        )

    def moved(self, T: Float64Array) -> "Cloud":
        """Returns the cloud with every point p at T p; T is a (4, 4) rigid transform."""
        rotation, shift = T[:3, :3], T[:3, 3]
        return Cloud(
            points=(self.points @ rotation.T + shift).astype(np.float32),
            normals=(self.normals @ rotation.T).astype(np.float32),
            colours=self.colours,
            weights=self.weights,
        )

    def only(self, chosen: BoolArray | Int64Array) -> "Cloud":
        """Returns the chosen points."""
        return Cloud(
            points=self.points[chosen],
            normals=self.normals[chosen],
            colours=self.colours[chosen],
            weights=self.weights[chosen],
        )

    def thinned(self, voxel: float) -> "Cloud":
        """Returns one point for each voxel and direction: the weighted mean of those in it.

        The two faces of a thin wall stay apart, for what faces another of the six directions of
        the axes is not averaged with it.

        Args:
            voxel: Edge, m.

        Raises:
            ConfigError: If it is not positive.
        """
        if voxel <= 0.0:
            raise ConfigError(f"voxel is {voxel} m; expected more than 0")
        if len(self) == 0:
            return self
        keys = pack(self.points, voxel) * 6 + faces_of(self.normals)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        weights = self.weights[order].astype(np.float64)
        total = np.add.reduceat(weights, starts)

        def mean(values: Float32Array | UInt8Array) -> Float64Array:
            summed = np.add.reduceat(values[order] * weights[:, None], starts, axis=0)
            result: Float64Array = summed / total[:, None]
            return result

        normals = mean(self.normals)
        normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-9)[:, None]
        return Cloud(
            points=mean(self.points).astype(np.float32),
            normals=normals.astype(np.float32),
            colours=np.rint(mean(self.colours)).astype(np.uint8),
            weights=total.astype(np.float32),
        )


def faces_of(normals: Float32Array) -> Int64Array:
    """Returns for each of (n, 3) normals which of +x, -x, +y, -y, +z, -z it is nearest to."""
    axis = np.abs(normals).argmax(axis=1)
    negative = normals[np.arange(len(normals)), axis] < 0.0
    result: Int64Array = 2 * axis.astype(np.int64) + negative
    return result


def inverse_of(T: Float64Array) -> Float64Array:
    """Returns the inverse of a (4, 4) rigid transform."""
    result = np.eye(4)
    result[:3, :3] = T[:3, :3].T
    result[:3, 3] = -T[:3, :3].T @ T[:3, 3]
    return result


def empty() -> Cloud:
    """Returns a cloud without points."""
    return Cloud.of(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))


def joined(clouds: Sequence[Cloud]) -> Cloud:
    """Returns all points of some clouds, which are told in one frame."""
    if not clouds:
        return empty()
    return Cloud(
        points=np.concatenate([cloud.points for cloud in clouds]),
        normals=np.concatenate([cloud.normals for cloud in clouds]),
        colours=np.concatenate([cloud.colours for cloud in clouds]),
        weights=np.concatenate([cloud.weights for cloud in clouds]),
    )


def frame_cloud(
    observation: Observation,
    *,
    stride: int = 0,
    max_depth: float = 4.0,
    frame: CloudFrame = "body",
) -> Cloud:
    """Makes the cloud of one observation.

    Pixels at steps of depth, where a depth camera sees what is not there, are left out, and so
    are those without a normal to rely on.

    Args:
        observation: What is seen.
        stride: Pixel stride; 0 picks the one that leaves about 160 columns.
        max_depth: Farther points are left out, m.
        frame: What the points are told in.

    Raises:
        ConfigError: If the stride is negative or the depth is not positive.
    """
    if stride < 0 or max_depth <= 0.0:
        raise ConfigError(
            f"stride is {stride} and max_depth {max_depth} m; expected 0 or more and more than 0"
        )
    seen = make_frame(
        observation, stride or default_stride(observation.intrinsics.width), max_depth
    )
    normals, good = world_normals(seen)
    depth = seen.depth[good]
    cloud = Cloud(
        points=seen.points[good],
        normals=normals[good],
        colours=seen.rgb[good],
        weights=(1.0 / np.maximum(depth, np.float32(0.3)) ** 4).astype(np.float32),
    )
    if frame == "world":
        return cloud
    pose = observation.T_world_body if frame == "body" else observation.T_world_camera
    return cloud.moved(inverse_of(pose))


def world_cloud(
    observations: Iterable[Observation],
    *,
    voxel: float = 0.05,
    stride: int = 0,
    max_depth: float = 4.0,
) -> Cloud:
    """Joins the clouds of observations by their own poses, thinned to a voxel as they come.

    Args:
        observations: Frames whose poses are told in one world.
        voxel: Edge of a voxel, m.
        stride: Pixel stride; 0 picks the one that leaves about 160 columns.
        max_depth: Farther points are left out, m.
    """
    total = empty()
    waiting: list[Cloud] = []
    for observation in observations:
        one = frame_cloud(observation, stride=stride, max_depth=max_depth, frame="world")
        waiting.append(one.thinned(voxel))
        if len(waiting) == 8:
            total, waiting = joined([total, *waiting]).thinned(voxel), []
    return joined([total, *waiting]).thinned(voxel)
