"""Where a camera sits on a body."""

from dataclasses import dataclass
from math import cos, sin

import numpy as np

from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraMount:
    """The colour camera's optical centre in the body frame (x forward, y left, z up)."""

    x: float = 0.1
    """Before the middle of the body, m."""
    y: float = 0.0
    """To the left of it, m."""
    z: float = 1.2
    """Above the floor, m."""
    tilt: float = 0.0
    """How far it looks up, rad; down is negative (REP 103's pitch has the opposite sign)."""
    yaw: float = 0.0
    """How far it looks to the left, rad."""

    @property
    def matrix(self) -> Float64Array:
        """T_body_camera (4, 4), of the optical frame (x right, y down, z forward).

        >>> CameraMount(x=0.1, z=1.0).matrix @ np.array([0.0, 0.0, 2.0, 1.0])
        array([2.1, 0. , 1. , 1. ])
        """
        up, left = self.tilt, self.yaw
        ahead = np.array([cos(up) * cos(left), cos(up) * sin(left), sin(up)])
        right = np.array([sin(left), -cos(left), 0.0])
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = right, np.cross(ahead, right), ahead
        matrix[:3, 3] = (self.x, self.y, self.z)
        return matrix
