"""A wheeled body with cameras in a house, behind the same protocol as a real robot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import BodyError, ConfigError, unknown_name
from embodied_mem.robots.body import CLIMB, Feature
from embodied_mem.types import Command, Float64Array, Intrinsics, Observation
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.motion import Motion
from embodied_mem_envs.house.noise import PoseDrift, SensorNoise, noisy_depth
from embodied_mem_envs.house.view import HouseRenderer

RADIUS = 0.18
FORWARD_STEP = 0.25
"""Length of one discrete step, metres."""
TURN_STEP = np.pi / 6
"""One discrete turn, rad."""
TILT_LIMIT = np.pi / 3
_HIGHEST_STEP = 0.2
"""The highest step that the body gets up, metres."""
_MAX_SPEED = 0.5
_MAX_TURN = np.pi
_MAX_TILT_RATE = np.pi / 4


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraConfig:
    """One pinhole camera on the body."""

    name: str = "front"
    """Name in the observations."""
    width: int = 640
    """Image width, pixels."""
    height: int = 480
    """Image height, pixels."""
    hfov: float = float(np.pi / 2)
    """Horizontal field of view, rad."""
    mount_height: float = 1.25
    """Height above the floor, metres."""
    forward: float = 0.0
    """Distance before the axis of the body, metres."""
    yaw: float = 0.0
    """Direction on the body, rad; positive is to the left."""
    tilt: float = -0.26
    """Tilt at rest, rad; negative looks down."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If the image is empty, the view is not below 180 degrees or the mount is
                outside the body.
        """
        if self.width < 2 or self.height < 2:
            raise ConfigError(f"image is {self.width} x {self.height}; expected at least 2 x 2")
        if not 0.0 < self.hfov < 3.0:
            raise ConfigError(f"hfov is {self.hfov} rad; expected more than 0 and less than 3")
        if not 0.05 <= self.mount_height <= 2.0 or abs(self.forward) > RADIUS:
            raise ConfigError(
                f"camera at height {self.mount_height} m, {self.forward} m forward; expected a "
                f"height of 0.05 to 2 and at most {RADIUS} m forward"
            )
        if abs(self.tilt) > TILT_LIMIT:
            raise ConfigError(f"tilt is {self.tilt} rad; expected at most {TILT_LIMIT:.3f}")

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera without distortion."""
        return Intrinsics.from_hfov(self.width, self.height, self.hfov)


class HouseBody:
    """A cylinder of radius 0.18 m on wheels; implements `embodied_mem.robots.Body`.

    It climbs stairs at the speed that it drives with: `T_world_body` rises by the height of the
    flight under it, and keeps upright.

    Discrete motion is `Command(forward=0.25)`, `Command(turn=±pi/6)` and `Command(tilt=±pi/12)`
    with ticks of one second; continuous motion is any speed with shorter ticks.
    """

    def __init__(
        self,
        house: House,
        camera: CameraConfig | None = None,
        *,
        more_cameras: Sequence[CameraConfig] = (),
        noise: SensorNoise | None = None,
        seed: int = 0,
        seconds_per_tick: float = 1.0,
        start: tuple[float, float, float] | None = None,
        floor: int = 0,
        agent: str = "agent",
    ) -> None:
        """Puts a body into a house.

        Args:
            house: Where it lives; may change while the body drives.
            camera: The main camera.
            more_cameras: Others, seen by `observe_all`.
            noise: Errors of the sensors; exact when None.
            seed: Seed of the noise.
            seconds_per_tick: How long one `act` lasts.
            start: x, y, yaw; the house's own start when None.
            floor: The floor of `start`.
            agent: Name in the observations.

        Raises:
            ConfigError: If two cameras share a name, the tick is not positive, or the house has no
                such floor.
        """
        self.house = house
        self.cameras = (camera or CameraConfig(), *more_cameras)
        names = [c.name for c in self.cameras]
        if len(set(names)) != len(names):
            raise ConfigError(f"cameras are named {names}; expected every name once")
        if seconds_per_tick <= 0.0:
            raise ConfigError(f"seconds_per_tick is {seconds_per_tick}; expected more than 0")
        self.tick = 0
        self.agent = agent
        self._seconds_per_tick = seconds_per_tick
        self._pose = start or house.start
        if not 0 <= floor < len(house.levels) or (start is None and floor != 0):
            raise ConfigError(f"floor is {floor}; expected that of a start in this house")
        self._floor = floor
        self._tilt = 0.0
        self._collided = False
        self._connected = False
        self._renderer = HouseRenderer(house)
        self._motion = Motion(house, RADIUS)
        self._noise = noise
        self._rng = np.random.default_rng([seed, 31])
        drift_rng = np.random.default_rng([seed, 37])
        self._drift = PoseDrift(noise, drift_rng, self._pose) if noise else None
        self._drift_rng = drift_rng

    # -- what it is ----------------------------------------------------------------------------

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""
        camera = self.cameras[0]
        shape = (camera.height, camera.width)
        features = {
            "rgb": Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255),
            "depth": Feature(shape=shape, dtype="float32", unit="m", low=0.0),
            "instance": Feature(shape=shape, dtype="int32", low=0),
            "T_world_camera": Feature(shape=(4, 4), dtype="float64"),
            "T_world_body": Feature(shape=(4, 4), dtype="float64"),
            "tilt": Feature(
                shape=(), dtype="float64", unit="rad", low=-TILT_LIMIT, high=TILT_LIMIT
            ),
            "collided": Feature(shape=(), dtype="float64", low=0.0, high=1.0),
        }
        if self.house.stairs is not None:
            features[CLIMB] = Feature(
                shape=(), dtype="float64", unit="m", low=0.0, high=_HIGHEST_STEP
            )
        return features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""
        limits = {
            "forward": ("m/s", _MAX_SPEED),
            "turn": ("rad/s", _MAX_TURN),
            "tilt": ("rad/s", _MAX_TILT_RATE),
        }
        return {
            name: Feature(shape=(), dtype="float64", unit=unit, low=-limit, high=limit)
            for name, (unit, limit) in limits.items()
        }

    @property
    def radius(self) -> float:
        """Radius of the body, metres."""
        return RADIUS

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return self._seconds_per_tick

    @property
    def true_pose(self) -> tuple[float, float, float]:
        """Exact x, y, yaw: for evaluation and drawing, never for the agent."""
        return self._pose

    @property
    def true_floor(self) -> int:
        """The floor it is on, half of a flight counting to either: for evaluation only."""
        return self._floor

    @property
    def true_height(self) -> float:
        """Exact world height of what is under the body, metres: for evaluation only."""
        return self.house.height_at(self._pose[0], self._pose[1], self._floor)

    @property
    def true_transform(self) -> Float64Array:
        """Exact (4, 4) T_world_body: for evaluation and drawing, never for the agent."""
        return body_pose(*self._pose, self.true_height)

    # -- what it does --------------------------------------------------------------------------

    def connect(self) -> None:
        """Makes the body ready; called once before the first `observe`."""
        self._connected = True

    def close(self) -> None:
        """Leaves the house; safe to call twice."""
        self._connected = False

    def observe(self) -> Observation:
        """Returns what the main camera sees now.

        Raises:
            BodyError: If the body is not connected.
        """
        return self._look(self.cameras[0])

    def observe_all(self) -> dict[str, Observation]:
        """Returns what every camera sees now, by its name.

        Raises:
            BodyError: If the body is not connected.
        """
        return {camera.name: self._look(camera) for camera in self.cameras}

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: If the body is not connected or the command is not finite.
        """
        self._require_connected()
        sent = Command(
            forward=_limited(command.forward, _MAX_SPEED, "forward"),
            turn=_limited(command.turn, _MAX_TURN, "turn"),
            tilt=_limited(command.tilt, _MAX_TILT_RATE, "tilt"),
        )
        seconds = self._seconds_per_tick
        before = self._pose
        self._pose, self._floor, self._collided = self._motion.move(
            before, sent.forward * seconds, sent.turn * seconds, self._floor
        )
        rest = self.cameras[0].tilt
        tilt = np.clip(rest + self._tilt + sent.tilt * seconds, -TILT_LIMIT, TILT_LIMIT)
        self._tilt = float(tilt) - rest
        if self._drift is not None:
            self._drift.advance(before, self._pose)
        self.tick += 1
        self.house.tick = max(self.house.tick, self.tick)
        return sent

    def place(self, x: float, y: float, yaw: float, floor: int = 0) -> None:
        """Sets the body down at a known place, as between two visits: the drift starts anew.

        Raises:
            BodyError: If the body would stand in a wall or in furniture, or there is no such floor.
        """
        house = self.house
        if not 0 <= floor < len(house.levels):
            raise BodyError(f"floor is {floor}; this house has {len(house.levels)}, from 0 on")
        indoors = house.room_at(x, y, floor) is not None or any(
            door.floor == floor and door.holds(x, y, house.config.wall_thickness)
            for door in house.doors
        )
        astray = house.stairs is not None and house.stairs.floor_at(x, y, floor) != floor
        if not indoors or astray or self._motion.clearance(x, y, floor) < RADIUS - 1e-6:
            raise BodyError(f"no room for the body at ({x:g}, {y:g}); choose a free place")
        self._pose = (x, y, yaw)
        self._floor = floor
        if self._noise is not None:
            self._drift = PoseDrift(self._noise, self._drift_rng, self._pose)

    # -- inside --------------------------------------------------------------------------------

    def _require_connected(self) -> None:
        if not self._connected:
            raise BodyError("the body is not connected; call connect() first")

    def _look(self, camera: CameraConfig) -> Observation:
        self._require_connected()
        T_world_body = self.true_transform
        T_body_camera = mount_pose(camera, self._tilt)
        view = self._renderer.render(T_world_body @ T_body_camera, camera.intrinsics)
        depth = view.depth
        if self._noise is not None:
            depth = noisy_depth(depth, camera.intrinsics.fx, self._noise, self._rng)
        if self._drift is not None:
            T_world_body = body_pose(*self._drift.pose, self.true_height)
        seen = np.unique(view.instance).tolist()
        labels = self.house.labels()
        return Observation(
            rgb=view.rgb,
            depth=depth,
            intrinsics=camera.intrinsics,
            T_world_camera=T_world_body @ T_body_camera,
            T_world_body=T_world_body,
            tick=self.tick,
            seconds_per_tick=self._seconds_per_tick,
            instance=view.instance,
            labels={number: labels[number] for number in seen if number},
            proprioception={
                "tilt": camera.tilt + self._tilt,
                "collided": float(self._collided),
            },
            agent=self.agent,
            camera=camera.name,
        )

    def camera(self, name: str) -> CameraConfig:
        """Returns one camera by its name.

        Raises:
            ConfigError: If the body has none of that name.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise unknown_name("camera", name, [camera.name for camera in self.cameras])


def body_pose(x: float, y: float, yaw: float, z: float = 0.0) -> Float64Array:
    """Returns T_world_body of a body that stands at a height."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, z], [0.0, 0.0, 0.0, 1.0]])


def mount_pose(camera: CameraConfig, tilt: float = 0.0) -> Float64Array:
    """Returns T_body_camera for a camera tilted by `tilt` from its rest."""
    elevation = camera.tilt + tilt
    forward = np.array(
        [
            np.cos(elevation) * np.cos(camera.yaw),
            np.cos(elevation) * np.sin(camera.yaw),
            np.sin(elevation),
        ]
    )
    right = np.array([np.sin(camera.yaw), -np.cos(camera.yaw), 0.0])
    result = np.eye(4)
    result[:3, 0], result[:3, 1], result[:3, 2] = right, np.cross(forward, right), forward
    result[:3, 3] = (
        camera.forward * np.cos(camera.yaw),
        camera.forward * np.sin(camera.yaw),
        camera.mount_height,
    )
    return result


def _limited(value: float, limit: float, name: str) -> float:
    if not np.isfinite(value):
        raise BodyError(f"command {name} is {value}; expected a finite number")
    return float(np.clip(value, -limit, limit))
