"""What environments of tasks in a house have in common: the house, the body and the plan."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem.types import UInt8Array
from embodied_mem_envs.house.body import mount_pose
from embodied_mem_envs.house.discovery import Discovery
from embodied_mem_envs.house.plan import draw_walk
from embodied_mem_envs.tasks.house_world import HouseWorld, HouseWorldConfig
from embodied_mem_envs.tasks.levels.asked import AskedConfig
from embodied_mem_envs.tasks.levels.env import EpisodeEnv, LevelName


class HouseTaskEnv(EpisodeEnv):
    """Plays episodes in a `HouseWorld`; a subclass makes them and documents itself."""

    def __init__(
        self,
        *,
        level: LevelName = "low",
        simulator: str = "house",
        simulator_options: Mapping[str, Any] | None = None,
        width: int = 128,
        height: int = 128,
        hfov: float = 1.5707963267948966,
        rooms: int | None = None,
        floors: int = 1,
        noise: bool = False,
        continuous: bool = False,
        clock: ClockMode = "paused",
        latency: float = 1.0,
        asked: AskedConfig | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Sets up what tasks in a house have in common; see the pages of the environments.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        super().__init__(
            level=level,
            width=width,
            height=height,
            hfov=hfov,
            continuous=continuous,
            clock=clock,
            latency=latency,
            asked=asked,
            render_mode=render_mode,
        )
        self.world_config = HouseWorldConfig(
            simulator=simulator,
            simulator_options=dict(simulator_options or {}),
            rooms=rooms,
            floors=floors,
            camera=self.camera,
            noise=noise,
            seconds_per_tick=self.seconds_per_tick,
        )
        self._discovery: tuple[HouseWorld, int, Discovery] | None = None

    @property
    @abstractmethod
    def world(self) -> HouseWorld:
        """The house of this episode, for evaluation and drawing."""

    def beside(self) -> Sequence[UInt8Array]:
        """Returns the plan of the house, the floor tinted that rendered pictures showed."""
        world, seen = self.world, self._playing().seen
        body = world.body.inner
        key = world.house.visit
        if self._discovery is None or self._discovery[:2] != (world, key):
            self._discovery = (world, key, Discovery(world.house))
        discovery = self._discovery[2]
        if seen is not None:
            tilt = seen.proprioception.get("tilt", 0.0) - self.camera.tilt
            discovery.update(seen, body.true_transform @ mount_pose(self.camera, tilt))
        return (draw_walk(world.house, discovery, body.true_pose, floor=body.true_floor),)

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out what is only drawn."""
        return {**super().__getstate__(), "_discovery": None}
