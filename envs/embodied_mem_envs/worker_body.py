"""A body whose simulator runs in a worker process."""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar, final

import numpy as np

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.body import Feature
from embodied_mem.types import AnyArray, Command, Float64Array, Intrinsics, Observation
from embodied_mem_envs.worker_process import WorkerConfig, WorkerLost, WorkerProcess

_Result = TypeVar("_Result")


class WorkerRestarted(UserWarning):
    """A worker was lost and another one has taken its place; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyShape:
    """What is known of a body before its simulator runs."""

    intrinsics: Intrinsics
    """Of its camera."""
    observation_features: Mapping[str, Feature]
    """See `Body`."""
    action_features: Mapping[str, Feature]
    """See `Body`."""
    radius: float
    """Metres."""
    seconds_per_tick: float = 1.0
    """How long one `act` lasts."""
    agent: str = "agent"
    """Name in the observations."""
    camera: str = "front"
    """Name in the observations."""


@final
class WorkerBody:
    """Implements `embodied_mem.robots.Body` with a simulator at the other end of a socket.

    The arrays of an observation lie in memory that the worker wrote; they stay as they are for as
    long as somebody holds one of them (see `SharedFrames`). A worker that is lost is replaced, the
    body put back to where it was, and the call made again, with a `WorkerRestarted` warning; after
    `restarts` losses in a row the `WorkerLost` is raised. A simulator's own source of chance
    starts anew with its worker.

    Who observes after every `act` gets frames that came with the answer to it, where the simulator
    allows that: one message each way a step instead of two.
    """

    def __init__(self, worker: WorkerConfig, shape: BodyShape, *, restarts: int = 2) -> None:
        """Prepares the body; `connect` starts the worker.

        Args:
            worker: How to start the worker.
            shape: What the body is.
            restarts: How many workers in a row may be lost before that is an error.

        Raises:
            ConfigError: If `restarts` is negative.
        """
        if restarts < 0:
            raise ConfigError(f"restarts is {restarts}; expected 0 or more")
        self.worker_config = worker
        self.shape = shape
        self.restarts = restarts
        self._process: WorkerProcess | None = None
        self._state: dict[str, Any] | None = None
        self._labels: dict[int, str] = {}
        self._wanted = False
        self._lost_in_a_row = 0
        self._steady = False
        self._observed = False
        self._ahead: tuple[dict[str, Any], Mapping[str, AnyArray]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A worker stays with its process; a copy starts its own and goes to the same state."""
        return {**self.__dict__, "_process": None, "_ahead": None}

    # -- what it is ----------------------------------------------------------------------------

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""
        return self.shape.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""
        return self.shape.action_features

    @property
    def radius(self) -> float:
        """Radius of the body, metres."""
        return self.shape.radius

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return self.shape.seconds_per_tick

    @property
    def state(self) -> Mapping[str, Any]:
        """Where the simulator says that the body exactly is: for evaluation, never for the agent.

        Raises:
            BodyError: If the body was never connected.
        """
        if self._state is None:
            raise BodyError("the body is not connected; call connect() first")
        return self._state

    @property
    def was_connected(self) -> bool:
        """Whether there is a `state`."""
        return self._state is not None

    @property
    def process(self) -> WorkerProcess | None:
        """The worker, None while there is none."""
        return self._process

    # -- what it does --------------------------------------------------------------------------

    def connect(self) -> None:
        """Starts the worker and opens its simulator.

        Raises:
            BodyError: If that fails; the message says why and what to do.
            ConfigError: If an option is wrong.
        """
        self._wanted = True
        self._running()

    def close(self) -> None:
        """Ends the worker; safe to call twice. The next `connect` goes on in the same state."""
        self._wanted = False
        self._ahead = None
        if self._process is not None:
            self._process.close()
            self._process = None

    def resume(self, other: "WorkerBody") -> None:
        """Makes the next worker start where another body is.

        Raises:
            BodyError: If the other one was never connected.
        """
        self._state, self._ahead = dict(other.state), None

    def observe(self) -> Observation:
        """Returns what the camera sees now.

        Raises:
            BodyError: If the body is not connected or its worker is lost for good.
        """
        ahead, self._ahead = self._ahead, None
        self._observed = True
        told, planes = ahead or self._with_worker(lambda process: process.observe())
        return Observation(
            rgb=planes["rgb"],
            depth=planes["depth"],
            intrinsics=self.shape.intrinsics,
            T_world_camera=_matrix(told["T_world_camera"]),
            T_world_body=_matrix(told["T_world_body"]),
            tick=int(told["tick"]),
            seconds_per_tick=self.shape.seconds_per_tick,
            instance=planes.get("instance"),
            labels={number: self._labels[number] for number in told.get("seen", ())},
            proprioception=told["proprioception"],
            agent=self.shape.agent,
            camera=self.shape.camera,
        )

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: If the body is not connected, the command is not finite, or the worker is
                lost for good.
        """
        wanted = {"forward": command.forward, "turn": command.turn, "tilt": command.tilt}
        for name, value in wanted.items():
            if not isfinite(value):
                raise BodyError(f"command {name} is {value}; expected a finite number")
        ahead, self._ahead = self._observed and self._steady, None
        self._observed = False
        if ahead:
            told, self._ahead = self._with_worker(lambda process: process.step(wanted))
        else:
            told = self._with_worker(lambda process: process.call("act", wanted))
        self._state = told["state"]
        return Command(**told["sent"])

    def ask(self, question: str, **arguments: Any) -> dict[str, Any]:
        """Asks the simulator something of its own, or changes it.

        A `state` in the answer is where the body then is; `labels` replace those of the instances.

        Raises:
            BodyError: As `act`, or if the simulator says so.
            ConfigError: If the simulator says so.
        """
        self._ahead = None
        asked = {"question": question, "arguments": arguments}
        told = self._with_worker(lambda process: process.call("ask", asked))
        self._take_in(told)
        return told

    # -- inside --------------------------------------------------------------------------------

    def _with_worker(self, call: Callable[[WorkerProcess], _Result]) -> _Result:
        """Makes a call, on another worker where one is lost."""
        if not self._wanted:
            raise BodyError("the body is not connected; call connect() first")
        while True:
            try:
                result = call(self._running())
            except WorkerLost as error:
                self._process = None
                self._lost_in_a_row += 1
                if self._lost_in_a_row > self.restarts:
                    self._lost_in_a_row = 0
                    raise
                warnings.warn(f"{error}\nAnother worker goes on.", WorkerRestarted, stacklevel=3)
            else:
                self._lost_in_a_row = 0
                return result

    def _running(self) -> WorkerProcess:
        """Returns the worker; starts one, and puts the body to where it was, where none runs."""
        if self._process is not None and self._process.owner != os.getpid():
            self._process = None  # a fork: that worker talks to the other process
        if self._process is None:
            process = WorkerProcess(self.worker_config)
            self._labels, self._ahead = {}, None
            self._steady = bool(process.simulator.get("steady"))
            before, self._state = self._state, None
            self._take_in(process.simulator)
            if before is not None:
                self._state = before
                self._take_in(process.call("restore", before))
            self._process = process
        return self._process

    def _take_in(self, told: Mapping[str, Any]) -> None:
        if "state" in told:
            self._state = told["state"]
        if "labels" in told:
            self._labels = {int(number): str(name) for number, name in told["labels"].items()}


def _matrix(values: list[float]) -> Float64Array:
    return np.array(values, np.float64).reshape(4, 4)
