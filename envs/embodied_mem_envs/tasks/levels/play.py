"""Lives through an episode one step at a time, on behalf of a policy."""

import time
from typing import Final, final

from embodied_mem.brain.control.clock import Clock
from embodied_mem.robots.body import Body
from embodied_mem.types import Command, Observation
from embodied_mem_envs.tasks.episode import (
    Ask,
    Episode,
    Happening,
    Judgement,
    NewVisit,
    Reply,
    Utterance,
)

_MOST_WALL_TICKS: Final = 100


@final
class Play:
    """One episode as far as it was played, and what the policy has seen and heard of it."""

    def __init__(self, episode: Episode, clock: Clock) -> None:
        """Begins before the first happening.

        Args:
            episode: A fresh one.
            clock: What the policy's thinking costs; its rate is that of the episode's body.
        """
        self.episode = episode
        self.ask: Ask | None = None
        """What is asked now."""
        self.seen: Observation | None = None
        """The newest observation."""
        self.heard: Utterance | None = None
        """The newest utterance."""
        self.visit = 0
        self.left = 0
        """Ticks that the body may still act for this ask."""
        self.judgement: Judgement | None = None
        """Of the last reply."""
        self.replies = 0
        self.ended = False
        self._clock = clock
        self._acted = time.monotonic()

    @property
    def body(self) -> Body | None:
        """What may be moved now; None where nothing may."""
        return self.episode.body if self.left > 0 else None

    def advance(self) -> Happening | None:
        """Takes the next happening; None at the end."""
        happening = self.episode.next()
        self.ended = happening is None
        if isinstance(happening, Observation):
            self.seen = happening
        elif isinstance(happening, Utterance):
            self.heard = happening
        elif isinstance(happening, NewVisit):
            self.visit = happening.number
            self.look()
        elif isinstance(happening, Ask):
            self.ask, self.left = happening, happening.max_ticks
            self.look()
        return happening

    def look(self) -> None:
        """Sees from where the body stands, if there is one."""
        if self.episode.body is not None:
            self.seen = self.episode.body.observe()

    def act(self, command: Command) -> None:
        """Moves the body for a tick, if there is one and a tick is left; then looks."""
        if self.body is not None:
            self.body.act(command)
            self.left -= 1
            self.look()

    def submit(self, reply: Reply) -> Judgement:
        """Replies to the open ask."""
        self.judgement = self.episode.submit(reply)
        self.ask, self.left = None, 0
        self.replies += 1
        return self.judgement

    def think(self) -> None:
        """Lets the ticks go by that the policy's thinking cost since `rest`; the body stands."""
        for _ in range(min(self._thinking_ticks(), self.left)):
            if self.body is not None:
                self.body.act(Command())
                self.left -= 1

    def rest(self) -> None:
        """Hears that the policy begins to think."""
        self._acted = time.monotonic()

    def _thinking_ticks(self) -> int:
        if self._clock.mode == "simulated":
            return self._clock.ticks(self._clock.latency or 0.0)
        if self._clock.mode == "wall":
            return min(_MOST_WALL_TICKS, self._clock.ticks(time.monotonic() - self._acted))
        return 0
