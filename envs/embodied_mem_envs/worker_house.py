"""The near end of a house in a worker: the same house and body, rendered by another process."""

import os
import sys
from pathlib import Path
from typing import Any, final

import msgspec

from embodied_mem.errors import unknown_name
from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.types import Command, Float64Array, Observation
from embodied_mem_envs import worker_house_adapter
from embodied_mem_envs.house.body import HouseBody, body_pose
from embodied_mem_envs.house.house import House
from embodied_mem_envs.simulators import BodySetup
from embodied_mem_envs.worker_body import BodyShape, WorkerBody
from embodied_mem_envs.worker_house_adapter import BodyState, Contents, HouseOptions
from embodied_mem_envs.worker_process import WorkerConfig


@final
class HouseInWorker(ForwardedBody[WorkerBody]):
    """A `HouseBody` whose motion and pictures are made in a worker process.

    The house must be as `generate_house` made it from its seed and config, apart from what `move`,
    `add`, `remove` and `new_visit` did to it since.
    """

    def __init__(self, house: House, setup: BodySetup | None = None) -> None:
        """Prepares the body; `connect` starts the worker.

        Args:
            house: Where it is.
            setup: What it is; as option `python` an interpreter that has this package.

        Raises:
            ConfigError: If an option is unknown.
        """
        self._setup = setup or BodySetup()
        for name in self._setup.options:
            if name not in ("worker", "python"):
                raise unknown_name("option of a house in a worker", name, ("python",))
        self.house = house
        self.tick = 0
        super().__init__(WorkerBody(self._config(), self._shape()))
        self._followed = (house.revision, house.visit)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._followed = (-1, -1)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def worker(self) -> WorkerBody:
        """The body at the border of the processes."""
        return self._body

    @property
    def true_pose(self) -> tuple[float, float, float]:
        """Exact x, y, yaw: for evaluation and drawing, never for the agent."""
        if not self._body.was_connected:
            return self._setup.start or self.house.start
        return self._state.pose

    @property
    def true_floor(self) -> int:
        """The floor it is on: for evaluation only."""
        return self._state.floor if self._body.was_connected else 0

    @property
    def true_transform(self) -> Float64Array:
        """Exact (4, 4) T_world_body: for evaluation and drawing, never for the agent."""
        if not self._body.was_connected:
            return body_pose(*self.true_pose)
        return body_pose(*self.true_pose, self._state.height)

    # -- what it does --------------------------------------------------------------------------

    def connect(self) -> None:
        """Starts the worker.

        Raises:
            BodyError: If that fails.
        """
        self._body.worker_config = self._config()
        self._body.connect()
        self._followed = (self.house.revision, self.house.visit)

    def observe(self) -> Observation:
        """Returns what the camera sees now.

        Raises:
            BodyError: If the body is not connected or its worker is lost for good.
        """
        self._follow()
        return self._body.observe()

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: If the body is not connected, the command is not finite, or the worker is
                lost for good.
        """
        self._follow()
        sent = self._body.act(command)
        self.tick += 1
        self.house.tick = max(self.house.tick, self.tick)
        return sent

    def place(self, x: float, y: float, yaw: float, floor: int = 0) -> None:
        """Sets the body down at a known place, as between two visits: the drift starts anew.

        Raises:
            BodyError: If the body would stand in a wall or in furniture.
        """
        self._follow()
        self._body.ask("place", x=x, y=y, yaw=yaw, floor=floor)

    # -- inside --------------------------------------------------------------------------------

    @property
    def _state(self) -> BodyState:
        return msgspec.convert(self._body.state, BodyState)

    def _follow(self) -> None:
        now = (self.house.revision, self.house.visit)
        if now != self._followed:
            # A worker that is started later than this begins with the house as it is then.
            self._body.worker_config = self._config()
            self._body.ask("follow", **msgspec.to_builtins(self._contents()))
            self._followed = now

    def _contents(self) -> Contents:
        return Contents(
            objects=self.house.objects,
            instances=tuple(self.house.instance_ids()[:-1].tolist()),
            tick=self.house.tick,
        )

    def _config(self) -> WorkerConfig:
        setup = self._setup
        options = HouseOptions(
            house_seed=self.house.seed,
            house=self.house.config,
            contents=self._contents(),
            camera=setup.camera,
            noise=setup.noise,
            seed=setup.seed,
            seconds_per_tick=setup.seconds_per_tick,
            start=setup.start,
        )
        return WorkerConfig(
            adapter=Path(worker_house_adapter.__file__),
            python=str(setup.options.get("python", sys.executable)),
            options=msgspec.to_builtins(options),
            environment={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def _shape(self) -> BodyShape:
        setup = self._setup
        like = HouseBody(self.house, setup.camera, seconds_per_tick=setup.seconds_per_tick)
        return BodyShape(
            intrinsics=setup.camera.intrinsics,
            observation_features=like.observation_features,
            action_features=like.action_features,
            radius=like.radius,
            seconds_per_tick=setup.seconds_per_tick,
            agent=setup.agent,
            camera=setup.camera.name,
        )
