"""A tiny analytic world of axis-aligned boxes on a floor, for tests that need exact depth."""

from dataclasses import dataclass, field, replace

import numpy as np

from embodied_mem.perception.frame import Frame, make_frame, strided_rays
from embodied_mem.robots.body import Feature
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Command, Float32Array, Float64Array, Intrinsics, Observation

CAMERA_HEIGHT, CAMERA_TILT = 1.25, -0.26
INTRINSICS = Intrinsics.from_hfov(160, 120, np.pi / 2)
_RAYS = strided_rays(INTRINSICS, 1).reshape(-1, 3).T.copy()


@dataclass
class BoxWorld:
    """Boxes as (min x, min y, min z, max x, max y, max z) over an infinite floor and ceiling."""

    boxes: list[tuple[float, ...]] = field(default_factory=list)
    ceiling: float = 2.6
    ghosts: list[tuple[float, ...]] = field(default_factory=list)
    """Boxes that stop a body but that no camera sees, such as glass."""

    def observe(self, x: float, y: float, yaw: float, tick: int = 0) -> Observation:
        body, camera = poses(x, y, yaw)
        return Observation(
            rgb=np.zeros((INTRINSICS.height, INTRINSICS.width, 3), np.uint8),
            depth=self.depth(camera),
            intrinsics=INTRINSICS,
            T_world_camera=camera,
            T_world_body=body,
            tick=tick,
        )

    def frame(self, x: float, y: float, yaw: float, tick: int = 0) -> Frame:
        return make_frame(self.observe(x, y, yaw, tick), stride=1)

    def depth(self, camera: Float64Array) -> Float32Array:
        direction = camera[:3, :3].astype(np.float32) @ _RAYS
        inverse = 1.0 / np.where(np.abs(direction) < 1e-6, np.float32(1e-6), direction)
        eye = camera[:3, 3].astype(np.float32)
        best = np.where(inverse[2] < 0, -eye[2], self.ceiling - eye[2]) * inverse[2]
        for box in np.array(self.boxes, np.float32).reshape(-1, 6):
            near = (box[:3] - eye)[:, None] * inverse
            far = (box[3:] - eye)[:, None] * inverse
            enter = np.minimum(near, far).max(axis=0)
            leave = np.maximum(near, far).min(axis=0)
            hit = (enter <= leave) & (enter > 0) & (enter < best)
            best[hit] = enter[hit]
        return best.reshape(INTRINSICS.height, INTRINSICS.width)


def poses(x: float, y: float, yaw: float) -> tuple[Float64Array, Float64Array]:
    """Returns T_world_body and T_world_camera of a body with a fixed, tilted camera."""
    c, s = np.cos(yaw), np.sin(yaw)
    body = np.eye(4)
    body[:2, :2] = [[c, -s], [s, c]]
    body[:2, 3] = x, y
    ct, st = np.cos(CAMERA_TILT), np.sin(CAMERA_TILT)
    forward = np.array([c * ct, s * ct, st])
    right = np.array([s, -c, 0.0])
    camera = np.eye(4)
    camera[:3, 0], camera[:3, 1], camera[:3, 2] = right, np.cross(forward, right), forward
    camera[:3, 3] = x, y, CAMERA_HEIGHT
    return body, camera


def wall_x(x: float, y0: float, y1: float, height: float = 2.6) -> tuple[float, ...]:
    """A wall 0.1 m thick at x, along y."""
    return (x, y0, 0.0, x + 0.1, y1, height)


def wall_y(y: float, x0: float, x1: float, height: float = 2.6) -> tuple[float, ...]:
    """A wall 0.1 m thick at y, along x."""
    return (x0, y, 0.0, x1, y + 0.1, height)


def two_rooms() -> BoxWorld:
    """Room A x 0..4, room B x 4.1..8, both y 0..4, joined by a door 0.9 m wide at y 1.5..2.4."""
    shell = [wall_y(-0.1, -0.1, 8.1), wall_y(4.0, -0.1, 8.1), wall_x(-0.1, -0.1, 4.1)]
    shell += [wall_x(8.0, -0.1, 4.1), wall_x(4.0, 0.0, 1.5), wall_x(4.0, 2.4, 4.0)]
    lintel = (4.0, 1.5, 2.05, 4.1, 2.4, 2.6)
    return BoxWorld([*shell, lintel])


@dataclass
class BoxBody:
    """A body in a `BoxWorld`: turns, then drives on until its cylinder meets a box."""

    world: BoxWorld
    x: float
    y: float
    yaw: float = 0.0
    radius: float = 0.18
    seconds_per_tick: float = 1.0
    tick: int = 0
    collided: bool = False
    path_length: float = 0.0

    @property
    def observation_features(self) -> dict[str, Feature]:
        return {}

    @property
    def action_features(self) -> dict[str, Feature]:
        return {
            "forward": Feature(shape=(), dtype="float64", unit="m/s", low=-0.25, high=0.25),
            "turn": Feature(shape=(), dtype="float64", unit="rad/s", low=-0.53, high=0.53),
        }

    def connect(self) -> None:
        self.collided = False

    def close(self) -> None:
        pass

    def observe(self) -> Observation:
        seen = self.world.observe(self.x, self.y, self.yaw, self.tick)
        return replace(seen, proprioception={"collided": float(self.collided)})

    def act(self, command: Command) -> Command:
        self.yaw += command.turn * self.seconds_per_tick
        distance, step = command.forward * self.seconds_per_tick, 0.01
        self.collided = False
        ahead = np.array([np.cos(self.yaw), np.sin(self.yaw)])
        for _ in range(round(abs(distance) / step)):
            x, y = np.array([self.x, self.y]) + np.sign(distance) * step * ahead
            if self.hits(x, y):
                self.collided = True
                break
            self.x, self.y = float(x), float(y)
            self.path_length += step
        self.tick += 1
        return command

    def hits(self, x: float, y: float) -> bool:
        boxes = np.array([*self.world.boxes, *self.world.ghosts]).reshape(-1, 6)
        boxes = boxes[boxes[:, 2] < 1.5]
        near = np.clip([x, y], boxes[:, :2], boxes[:, 3:5])
        return bool((np.hypot(*(near - [x, y]).T) < self.radius).any())


def table(x: float, y: float, width: float = 1.2, depth: float = 0.8) -> list[tuple[float, ...]]:
    """A table with a top 3 cm thick at 0.72 m and four legs of 5 cm; (x, y) is its corner."""
    legs = [(x + i, y + j) for i in (0.0, width - 0.05) for j in (0.0, depth - 0.05)]
    top = (x, y, 0.72, x + width, y + depth, 0.75)
    return [top, *[(a, b, 0.0, a + 0.05, b + 0.05, 0.72) for a, b in legs]]


def look_round(occupancy: Occupancy, world: BoxWorld, x: float, y: float, views: int = 12) -> None:
    """Shows a map all directions from one spot."""
    for k in range(views):
        occupancy.integrate(world.frame(x, y, 2 * np.pi * k / views, tick=occupancy.frames))
