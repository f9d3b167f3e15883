"""A body that moves only while an ask allows it, and whose way is measured by the truth."""

from typing import final

import numpy as np

from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.types import Command
from embodied_mem_envs.simulators import BodyInHouse
from embodied_mem_envs.tasks.episode import Place


@final
class TaskBody(ForwardedBody[BodyInHouse]):
    """Lends a body for as many ticks as the open ask allows; implements `Body`.

    Without ticks left it stands still: `act` lets a tick go by and returns `Command()`.
    """

    def __init__(self, inner: BodyInHouse) -> None:
        super().__init__(inner)
        self.ticks = 0
        """How many ticks it acted since the last `allow`."""
        self.metres = 0.0
        """Its true way since the last `allow`."""
        self._allowed = 0
        self._connected = False

    @property
    def inner(self) -> BodyInHouse:
        """The body itself, for the truth's side only."""
        return self._body

    @property
    def ticks_left(self) -> int:
        """How many more ticks it may act."""
        return self._allowed - self.ticks

    @property
    def true_place(self) -> Place:
        """Where it truly stands: for judging, never for the agent."""
        x, y, z = self._body.true_transform[:3, 3].tolist()
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
            self._body.connect()

    def close(self) -> None:
        """See `Body`."""
        self._connected = False
        self._body.close()

    def act(self, command: Command) -> Command:
        """Acts for a tick, or stands still where no tick is left."""
        if self.ticks >= self._allowed:
            return self._body.act(Command())
        before = self.true_place
        sent = self._body.act(command)
        self.ticks += 1
        self.metres += float(np.linalg.norm(np.subtract(self.true_place, before)))
        return sent
