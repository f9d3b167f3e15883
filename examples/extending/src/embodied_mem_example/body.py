"""A body: a camera on wheels in a gallery, a bare room of 8 x 6 m with walls of two colours."""

from typing import ClassVar

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.rays import strided_rays
from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Observation
from embodied_mem_envs.house.body import CameraConfig, body_pose, mount_pose

HALF, HEIGHT, CAMERA = np.array([4.0, 3.0]), 2.6, CameraConfig(width=160, height=120)
RAYS = strided_rays(CAMERA.intrinsics, 1).reshape(-1, 3)
COLOURS = np.array([[200, 60, 60], [60, 90, 200], [160, 160, 150]], np.uint8)


class GalleryBody:
    """All that a brain needs: what the body is, what it sees, and what it does."""

    radius, seconds_per_tick = 0.2, 0.25
    action_features: ClassVar = {
        "forward": Feature(shape=(), dtype="float64", unit="m/s", low=-0.5, high=0.5),
        "turn": Feature(shape=(), dtype="float64", unit="rad/s", low=-1.5, high=1.5),
    }
    observation_features: ClassVar = {
        "rgb": Feature(shape=(120, 160, 3), dtype="uint8"),
        "depth": Feature(shape=(120, 160), dtype="float32", unit="m"),
    }

    def __init__(self, seed: int = 0) -> None:
        self._x, self._y, self._yaw = np.random.default_rng(seed).uniform(-2.0, 2.0, 3)
        self._tick, self._connected = 0, False

    def connect(self) -> None:
        """Opens the link."""
        self._connected = True

    def close(self) -> None:
        """Closes the link; safe to call twice."""
        self._connected = False

    def act(self, command: Command) -> Command:
        """Moves for one tick, as far as the walls let it."""
        if not (self._connected and np.isfinite([command.forward, command.turn]).all()):
            raise BodyError("not connected, or a command that is not finite")
        speed, rate = (float(np.clip(command.forward, -0.5, 0.5)), np.clip(command.turn, -1.5, 1.5))
        room, step = HALF - self.radius, speed * self.seconds_per_tick
        self._x = np.clip(self._x + step * np.cos(self._yaw), -room[0], room[0])
        self._y = np.clip(self._y + step * np.sin(self._yaw), -room[1], room[1])
        self._yaw, self._tick = self._yaw + rate * self.seconds_per_tick, self._tick + 1
        return Command(forward=speed, turn=float(rate))

    def observe(self) -> Observation:
        """Casts a ray a pixel: what it meets first of six planes is what the pixel shows."""
        if not self._connected:
            raise BodyError("not connected; call connect() first")
        body = body_pose(self._x, self._y, self._yaw)
        camera = body @ mount_pose(CAMERA)
        low, high = np.array([*-HALF, 0.0]), np.array([*HALF, HEIGHT])
        with np.errstate(divide="ignore"):
            planes = np.stack([low, high])[:, None] - camera[:3, 3]
            ahead = (planes / (RAYS @ camera[:3, :3].T)).max(axis=0)
        return Observation(
            rgb=COLOURS[ahead.argmin(axis=1)].reshape(120, 160, 3),
            depth=ahead.min(axis=1).astype(np.float32).reshape(120, 160),
            intrinsics=CAMERA.intrinsics,
            T_world_camera=camera,
            T_world_body=body,
            tick=self._tick,
            seconds_per_tick=self.seconds_per_tick,
        )
