"""A room of boxes seen by an upright camera, ray by ray: depth that is exact, and quick to make."""

import numpy as np

from embodied_mem.rays import strided_rays
from embodied_mem.types import Float64Array, Intrinsics, Observation
from embodied_mem_envs.house.body import CameraConfig, body_pose, mount_pose

INTRINSICS = Intrinsics.from_hfov(80, 60, np.pi / 2)
MOUNT = mount_pose(CameraConfig())
BOXES = (
    ((-1.0, -1.0, 0.0), (7.0, 5.0, 2.5)),  # the room, seen from within
    ((2.0, 3.5, 0.0), (3.0, 5.0, 0.8)),
    ((5.5, 0.5, 0.0), (7.0, 1.1, 1.6)),
    ((-1.0, 2.0, 0.0), (-0.4, 3.0, 2.0)),
    ((3.2, 0.9, 0.0), (3.5, 1.3, 1.2)),
)


def look(pose: Float64Array, tick: int = 0) -> Observation:
    """Returns what a body at a true (3,) pose sees of the room, with its true poses."""
    T_world_body = body_pose(*pose)
    T_world_camera = T_world_body @ MOUNT
    rays = strided_rays(INTRINSICS, 1).reshape(-1, 3).astype(np.float64) @ T_world_camera[:3, :3].T
    start = T_world_camera[:3, 3]
    depth = np.full(len(rays), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for number, (low, high) in enumerate(BOXES):
            first, second = (np.array(low) - start) / rays, (np.array(high) - start) / rays
            near = np.minimum(first, second).max(axis=1)
            far = np.maximum(first, second).min(axis=1)
            hit = np.where(number == 0, far, np.where((near < far) & (near > 0.0), near, np.inf))
            depth = np.minimum(depth, hit)
    shape = (INTRINSICS.height, INTRINSICS.width)
    return Observation(
        rgb=np.zeros((*shape, 3), np.uint8),
        depth=depth.reshape(shape).astype(np.float32),
        intrinsics=INTRINSICS,
        T_world_camera=T_world_camera,
        T_world_body=T_world_body,
        tick=tick,
    )


def rounds(count: int) -> Float64Array:
    """Returns (n, 3) poses of a body that goes round in the room and looks about."""
    angle = np.arange(count) * 0.12
    x, y = 2.0 + 2.2 * np.cos(angle), 2.0 + 1.2 * np.sin(angle)
    return np.column_stack([x, y, angle + np.pi / 2 + 0.8 * np.sin(1.7 * angle)])
