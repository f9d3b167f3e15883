"""A body that moves only while an ask allows it, and whose way is measured by the truth."""

from collections.abc import Mapping
from typing import final

import numpy as np

from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Observation
from embodied_mem_envs.simulators import BodyInHouse
from embodied_mem_envs.tasks.episode import Place


@final
class TaskBody:
    """Lends a body for as many ticks as the open ask allows; implements `Body`.

    Without ticks left it stands still: `act` lets a tick go by and returns `Command()`.
    """

    def __init__(self, inner: BodyInHouse) -> None:
        self.inner = inner
        """The body itself, for the truth's side only."""
        self.ticks = 0
        """How many ticks it acted since the last `allow`."""
        self.metres = 0.0
        """Its true way since the last `allow`."""
        self._allowed = 0
        self._connected = False

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """See `Body`."""
        return self.inner.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """See `Body`."""
        return self.inner.action_features

    @property
    def radius(self) -> float:
        """See `Body`."""
        return self.inner.radius

    @property
    def seconds_per_tick(self) -> float:
        """See `Body`."""
        return self.inner.seconds_per_tick

    @property
    def ticks_left(self) -> int:
        """How many more ticks it may act."""
        return self._allowed - self.ticks

    @property
    def true_place(self) -> Place:
        """Where it truly stands: for judging, never for the agent."""
        x, y, z = self.inner.true_transform[:3, 3].tolist()
        return (x, y, z)

    def allow(self, ticks: int) -> None:
        """Starts a new count: so many ticks may be acted from now on."""
        self._allowed = ticks
        self.ticks = 0
        self.metres = 0.0

    def connect(self) -> None:
        """See `Body`; safe to call twice."""
        if not self._connected:
            self._connected = True
            self.inner.connect()

    def close(self) -> None:
        """See `Body`."""
        self._connected = False
        self.inner.close()

    def observe(self) -> Observation:
        """See `Body`."""
        return self.inner.observe()

    def act(self, command: Command) -> Command:
        """Acts for a tick, or stands still where no tick is left."""
        if self.ticks >= self._allowed:
            return self.inner.act(Command())
        before = self.true_place
        sent = self.inner.act(command)
        self.ticks += 1
        self.metres += float(np.linalg.norm(np.subtract(self.true_place, before)))
        return sent
