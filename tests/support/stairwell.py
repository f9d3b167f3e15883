"""A box world of two storeys: a straight flight in an opening of the upper floor."""

import numpy as np

from boxworld import INTRINSICS, BoxWorld, poses
from embodied_mem.perception.frame import Frame, make_frame
from embodied_mem.types import Observation

RISE, TREAD, STEPS, WIDTH = 0.175, 0.28, 16, 1.0
UPPER = RISE * STEPS
RUN = TREAD * (STEPS - 1)
"""The flight climbs along x from the origin, between y = 0 and y = `WIDTH`."""


def stairwell() -> BoxWorld:
    """A hall below and one above, x -4..8 and y -3..4, with walls round both."""
    steps = [
        (k * TREAD, 0.0, 0.0, (k + 1) * TREAD, WIDTH, (k + 1) * RISE) for k in range(STEPS - 1)
    ]
    low, high = UPPER - 0.3, UPPER
    slab = [
        (-4.0, -3.0, low, 8.0, 0.0, high),
        (-4.0, WIDTH, low, 8.0, 4.0, high),
        (-4.0, 0.0, low, 0.0, WIDTH, high),
        (RUN, 0.0, low, 8.0, WIDTH, high),
    ]
    walls = [
        (-4.1, -3.1, 0.0, -4.0, 4.1, 5.4),
        (8.0, -3.1, 0.0, 8.1, 4.1, 5.4),
        (-4.1, -3.1, 0.0, 8.1, -3.0, 5.4),
        (-4.1, 4.0, 0.0, 8.1, 4.1, 5.4),
    ]
    return BoxWorld([*steps, *slab, *walls], ceiling=5.4)


def height_at(x: float, y: float, upstairs: bool) -> float:
    """World height of what is under a body."""
    if not 0.0 <= y <= WIDTH or not 0.0 <= x < RUN:
        return UPPER if upstairs else 0.0
    return (int(x / TREAD) + 1) * RISE


def seen(world: BoxWorld, x: float, y: float, z: float, yaw: float, tick: int = 0) -> Frame:
    """What a body sees that stands at a height."""
    body, camera = poses(x, y, yaw)
    body[2, 3] += z
    camera[2, 3] += z
    observation = Observation(
        rgb=np.zeros((INTRINSICS.height, INTRINSICS.width, 3), np.uint8),
        depth=world.depth(camera),
        intrinsics=INTRINSICS,
        T_world_camera=camera,
        T_world_body=body,
        tick=tick,
    )
    return make_frame(observation, 1)
