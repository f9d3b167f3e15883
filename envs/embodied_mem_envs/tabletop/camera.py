"""The two cameras: one on a gantry over the table, one on the hand."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import Float64Array, Intrinsics
from embodied_mem_envs.tabletop.parts import Triple


@dataclass(frozen=True, kw_only=True, slots=True)
class TabletopCamera:
    """One RGB-D camera."""

    name: str
    """Name that `observe` takes."""
    width: int
    """Image width, pixels."""
    height: int
    """Image height, pixels."""
    hfov: float
    """Horizontal field of view, rad."""
    eye: Triple
    """Where it is: in the world, or in the frame of the hand, m."""
    target: Triple
    """Where it looks, in the same frame, m."""
    up: Triple = (0.0, 0.0, 1.0)
    """What is up in the picture, in the same frame."""
    on_hand: bool = False
    """Whether it moves with the hand."""

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera without distortion."""
        return Intrinsics.from_hfov(self.width, self.height, self.hfov)

    @property
    def mount(self) -> Float64Array:
        """The (4, 4) pose in the world or in the hand."""
        return looking(self.eye, self.target, self.up)


def looking(eye: Triple, target: Triple, up: Triple = (0.0, 0.0, 1.0)) -> Float64Array:
    """Returns the (4, 4) pose of a camera (x right, y down, z forward) that looks at a point."""
    forward = np.array(target) - np.array(eye)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.array(up))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2] = right, np.cross(forward, right), forward
    pose[:3, 3] = eye
    return pose


FRONT = TabletopCamera(
    name="front", width=320, height=240, hfov=float(np.deg2rad(60.0)),
    eye=(0.95, 0.0, 1.05), target=(0.45, 0.0, 0.0),
)  # fmt: skip
WRIST = TabletopCamera(
    name="wrist", width=160, height=120, hfov=float(np.deg2rad(70.0)),
    eye=(0.065, 0.0, 0.03), target=(0.065, 0.0, 1.0), up=(1.0, 0.0, 0.0), on_hand=True,
)  # fmt: skip
