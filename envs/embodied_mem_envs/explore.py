"""`EmbodiedMem/Explore-v0`: see as much as possible of a house that was never seen before."""

from typing import Any

import cv2
import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray, Command, Observation, UInt8Array
from embodied_mem_envs.house.body import (
    FORWARD_STEP,
    TILT_LIMIT,
    TURN_STEP,
    CameraConfig,
    body_pose,
    mount_pose,
)
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.discovery import Discovery
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.noise import SensorNoise
from embodied_mem_envs.house.plan import draw_walk
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown
from embodied_mem_envs.simulators import SIMULATORS, BodyInHouse, BodySetup, make_body

MAX_DEPTH = 10.0
"""Depth beyond this is given as 0, metres."""
_TILT_STEP = float(np.pi / 12)
_PLACE_LIMIT = 100.0
_CONTINUOUS_TICK = 0.25
_FINISHED = 0.98
_RENDER_HEIGHT = 384

_DISCRETE = (
    Command(forward=FORWARD_STEP),
    Command(turn=TURN_STEP),
    Command(turn=-TURN_STEP),
    Command(tilt=_TILT_STEP),
    Command(tilt=-_TILT_STEP),
)

Observed = dict[str, AnyArray]


class ExploreEnv(gym.Env[Observed, Any]):
    """Walk through a furnished house and see all of it.

    ## Description

    A wheeled robot with one RGB-D camera wakes up in a house that it has never seen. The house is
    drawn from the seed of the reset: 3 to 12 rooms of named types on one floor or two, with
    furniture and small objects. Stairs join two floors; the robot climbs them as it drives. The
    goal is to bring all of the floor and all objects before the camera in as few steps as possible.
    The robot is an upright cylinder of radius 0.18 m; it slides along what it touches. Nothing in
    the observation tells where unseen space is: whoever wants to do better than a reflex has to
    remember.

    ## Action Space

    `Discrete(5)`, one step of a second each:

    | Num | Action                       |
    |-----|------------------------------|
    | 0   | Drive 0.25 m forward         |
    | 1   | Turn left by 30 degrees      |
    | 2   | Turn right by 30 degrees     |
    | 3   | Tilt the camera up by 15 degrees   |
    | 4   | Tilt the camera down by 15 degrees |

    With `continuous=True` a `Box(-1, 1, (3,), float32)`, held for a quarter of a second:

    | Num | Action       | Min (-1)    | Max (1)    |
    |-----|--------------|-------------|------------|
    | 0   | Speed        | -0.5 m/s    | 0.5 m/s    |
    | 1   | Yaw rate     | -pi rad/s   | pi rad/s, to the left |
    | 2   | Tilt rate    | -pi/4 rad/s | pi/4 rad/s, upward |

    ## Observation Space

    A `Dict`; H and W are the height and width of the image:

    | Key        | Shape     | Type    | Min  | Max    | Meaning                             |
    |------------|-----------|---------|------|--------|-------------------------------------|
    | `rgb`      | (H, W, 3) | uint8   | 0    | 255    | Colour image                        |
    | `depth`    | (H * W,)  | float32 | 0    | 10     | z-depth, metres; 0 is none          |
    | `instance` | (H * W,)  | int32   | 0    | 2^31-1 | Instance ids; 0 is the structure    |
    | `pose`     | (5,)      | float32 | -100 | 100    | x, y, cos yaw, sin yaw, tilt        |
    | `collided` | (1,)      | float32 | 0    | 1      | 1 if the last action touched a thing |
    | `height`   | (1,)      | float32 | -100 | 100    | Only with `floors=2`: z, metres      |

    Pose and height are given in the frame of the start pose, in metres and radians. Instance ids
    mean nothing across episodes. Depth beyond 10 m is given as 0.

    **Note:** images are flat except for `rgb`, because that is how Stable-Baselines3 tells images
    from vectors. `observation["depth"].reshape(H, W)` is the image.

    ## Rewards

    The reward of a step is the newly seen floor in square metres, plus `object_reward` for each
    newly seen object. Floor counts within 5 m, in cells of 0.1 m, steps do not; an object counts
    once at least a thousandth of the image shows it within 5 m. What shows at the start brings no
    reward.

    ## Starting State

    The robot stands at the widest place of the largest room on the lowest floor, turned to its
    middle, the camera tilted down by 0.26 rad. `reset(options={"house_seed": n})` chooses the
    house.

    ## Episode End

    1. Termination: at least 98 % of the floor that the robot can reach was seen.
    2. Truncation: the episode is longer than 500 steps (`max_episode_steps` of `gymnasium.make`).

    `info` holds `house_seed`, `floor_share` (of the reachable floor), `objects_seen` and
    `objects`; `truth` (the ground truth of the house) only after `reset`.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/Explore-v0", rooms=3, width=64, height=64)
    >>> observation, info = env.reset(seed=7)
    >>> observation["rgb"].shape, sorted(observation)
    ((64, 64, 3), ['collided', 'depth', 'instance', 'pose', 'rgb'])

    ```

    | Parameter         | Type            | Default   | Description                          |
    |-------------------|-----------------|-----------|--------------------------------------|
    | `simulator`       | **str**         | `"house"` | Who renders the house: see `SIMULATORS` |
    | `simulator_options` | **dict or None** | `None` | Options of the simulator's own       |
    | `width`, `height` | **int**         | `128`     | Size of the image, pixels            |
    | `hfov`            | **float**       | `pi / 2`  | Horizontal field of view, rad        |
    | `rooms`           | **int or None** | `None`    | Rooms of every house; drawn if None  |
    | `floors`          | **int**         | `1`       | Floors of every house, 1 or 2        |
    | `house_seed`      | **int or None** | `None`    | The house; drawn if None             |
    | `continuous`      | **bool**        | `False`   | Continuous actions                   |
    | `noise`           | **bool**        | `False`   | Depth noise, drop-outs, pose drift   |
    | `object_reward`   | **float**       | `0.5`     | Reward for each newly seen object    |
    | `render_mode`     | **str or None** | `None`    | `"rgb_array"`, `"human"`             |

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        *,
        simulator: str = "house",
        simulator_options: dict[str, Any] | None = None,
        width: int = 128,
        height: int = 128,
        hfov: float = float(np.pi / 2),
        rooms: int | None = None,
        floors: int = 1,
        house_seed: int | None = None,
        continuous: bool = False,
        noise: bool = False,
        object_reward: float = 0.5,
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        if simulator not in SIMULATORS:
            raise unknown_name("simulator", simulator, SIMULATORS)
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        if object_reward < 0.0:
            raise ConfigError(f"object_reward is {object_reward}; expected 0 or more")
        self.render_mode = render_mode
        self._screen = Screen("Explore", self.metadata["render_fps"])
        self._camera = CameraConfig(width=width, height=height, hfov=hfov)
        self._config = HouseConfig(rooms=rooms, floors=floors)
        self._house_seed = house_seed
        self._continuous = continuous
        self._noise = SensorNoise() if noise else None
        self._object_reward = object_reward
        self._simulator, self._simulator_options = simulator, dict(simulator_options or {})
        self._body: BodyInHouse | None = None
        self._discovery: Discovery | None = None
        self._seen: Observation | None = None
        reach = [_PLACE_LIMIT, _PLACE_LIMIT, 1.0, 1.0, TILT_LIMIT]
        self._pose_limit = np.array(reach, np.float32)
        self.observation_space = self._make_observation_space()
        self.action_space = (
            spaces.Box(-1.0, 1.0, (3,), np.float32)
            if continuous
            else spaces.Discrete(len(_DISCRETE))
        )

    @property
    def house(self) -> House:
        """The house of this episode, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return self._running()[0].house

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws a house, puts the robot into it, and returns the first observation.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: `house_seed` chooses the house of this episode.

        Raises:
            ConfigError: If `options` holds something else.
        """
        super().reset(seed=seed)
        options = options or {}
        for name in options:
            if name != "house_seed":
                raise unknown_name("reset option", name, ("house_seed",))
        drawn = int(self.np_random.integers(1 << 31))
        noise_seed = int(self.np_random.integers(1 << 31))
        chosen = options.get("house_seed", self._house_seed)
        house = generate_house(drawn if chosen is None else int(chosen), self._config)
        if self._body is not None:
            self._body.close()
        setup = BodySetup(
            camera=self._camera,
            noise=self._noise,
            seed=noise_seed,
            seconds_per_tick=_CONTINUOUS_TICK if self._continuous else 1.0,
            options=self._simulator_options,
        )
        self._body = make_body(self._simulator, house, setup)
        self._body.connect()
        self._discovery = Discovery(house)
        self._look()
        self._show()
        return self._observation(), {**self._info(), "truth": house.truth()}

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Carries out one action; see the class docstring for all returned values.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        body, discovery = self._running()
        body.act(self._command(action))
        floor, objects = self._look()
        reward = floor + self._object_reward * objects
        finished = discovery.floor_share >= _FINISHED
        self._show()
        return self._observation(), float(reward), finished, False, self._info()

    def render(self) -> UInt8Array | None:
        """Returns the camera image beside the plan of the house, the seen floor tinted.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, self._picture)

    def close(self) -> None:
        """Leaves the house and closes the window, if there is one."""
        self._screen.close()
        if self._body is not None:
            self._body.close()

    # -- inside --------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.render_mode == "human":
            self.render()

    def _picture(self) -> UInt8Array:
        body, discovery = self._running()
        assert self._seen is not None
        plan = draw_walk(body.house, discovery, body.true_pose, floor=body.true_floor)
        return np.hstack([_scaled(self._seen.rgb), _scaled(plan)])

    def _make_observation_space(self) -> gym.Space[Any]:
        pixels = self._camera.width * self._camera.height
        limit = self._pose_limit
        parts: dict[str, gym.Space[Any]] = {
            "rgb": spaces.Box(0, 255, (self._camera.height, self._camera.width, 3), np.uint8),
            "depth": spaces.Box(0.0, MAX_DEPTH, (pixels,), np.float32),
            "instance": spaces.Box(0, np.iinfo(np.int32).max, (pixels,), np.int32),
            "pose": spaces.Box(-limit, limit, dtype=np.float32),
            "collided": spaces.Box(0.0, 1.0, (1,), np.float32),
        }
        if self._config.floors > 1:
            parts["height"] = spaces.Box(-_PLACE_LIMIT, _PLACE_LIMIT, (1,), np.float32)
        return spaces.Dict(parts)

    def _running(self) -> tuple[BodyInHouse, Discovery]:
        if self._body is None or self._discovery is None:
            raise gym.error.ResetNeeded("there is no house yet; call reset() first")
        return self._body, self._discovery

    def _command(self, action: Any) -> Command:
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        if not self._continuous:
            return _DISCRETE[int(action)]
        limits = self._running()[0].action_features
        forward, turn, tilt = (
            float(value) * float(limits[name].high or 0.0)
            for value, name in zip(action, ("forward", "turn", "tilt"), strict=True)
        )
        return Command(forward=forward, turn=turn, tilt=tilt)

    def _look(self) -> tuple[float, int]:
        """Observes, and returns what is new: floor in square metres and objects."""
        body, discovery = self._running()
        self._seen = body.observe()
        tilt = self._seen.proprioception["tilt"] - self._camera.tilt
        exact = body.true_transform @ mount_pose(self._camera, tilt)
        return discovery.update(self._seen, exact)

    def _observation(self) -> Observed:
        body, seen = self._running()[0], self._seen
        assert seen is not None and seen.instance is not None
        here = np.linalg.inv(body_pose(*body.house.start)) @ seen.T_world_body
        depth = np.where(seen.depth <= MAX_DEPTH, seen.depth, np.float32(0.0))
        pose = [here[0, 3], here[1, 3], here[0, 0], here[1, 0], seen.proprioception["tilt"]]
        limit = self._pose_limit
        observed: Observed = {
            "rgb": seen.rgb,
            "depth": np.maximum(depth, 0.0).reshape(-1),
            "instance": seen.instance.reshape(-1),
            "pose": np.clip(np.array(pose, np.float32), -limit, limit),
            "collided": np.array([seen.proprioception["collided"]], np.float32),
        }
        if self._config.floors > 1:
            observed["height"] = here[2:3, 3].astype(np.float32)
        return observed

    def _info(self) -> dict[str, Any]:
        body, discovery = self._running()
        return {
            "house_seed": body.house.seed,
            "floor_share": discovery.floor_share,
            "objects_seen": len(discovery.objects),
            "objects": len(body.house.objects),
        }


def _scaled(image: UInt8Array) -> UInt8Array:
    """Scales an image to the height of a rendered frame."""
    width = round(image.shape[1] * _RENDER_HEIGHT / image.shape[0])
    result: UInt8Array = cv2.resize(
        image, (width, _RENDER_HEIGHT), interpolation=cv2.INTER_AREA
    ).astype(np.uint8)
    return result
