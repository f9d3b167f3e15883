"""Lets one agent live through one episode, and writes down what became of it."""

import resource
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import final

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import Agent, AgentMaker, AgentSetup
from embodied_mem_envs.evaluation.album import Album
from embodied_mem_envs.evaluation.metrics.episode import episode_values, failed_values
from embodied_mem_envs.evaluation.records.digest import settings_digest
from embodied_mem_envs.evaluation.suites.suite import AskRecord, EpisodeRecord, Job
from embodied_mem_envs.tasks.episode import (
    Ask,
    Episode,
    Happening,
    Judgement,
    NewVisit,
    Reply,
    Utterance,
)


def play_episode(
    episode: Episode,
    make_agent: AgentMaker,
    setup: AgentSetup,
    job: Job,
    *,
    version: int,
    on_judged: Callable[[Ask, Reply, Judgement], None] | None = None,
) -> EpisodeRecord:
    """Plays an episode to its end with a fresh agent; both are closed afterwards.

    Whatever the agent raises goes into `EpisodeRecord.error`. From then on every ask is given up,
    so that the record still tells what was asked, and the episode counts as failed. Where a body
    is moved, the first few views that it replied from are kept as pictures in the job's folder.

    Args:
        episode: A fresh one.
        make_agent: Makes the agent; a failure in it counts as the agent's.
        setup: What the agent is told.
        job: Names the suite, the agent and the seed for the record.
        version: Of the suite.
        on_judged: Called after each ask, as for pictures of it.

    Raises:
        EvaluationError: If the episode itself is used or made wrongly.
    """
    play = _Play(episode, make_agent, setup, Album(Path(job.folder)))
    wall, cpu = time.perf_counter(), cpu_seconds()
    try:
        play.live(on_judged)
        values = play.values()
        play.close_agent()
    finally:
        play.close_agent()
        episode.close()
    return EpisodeRecord(
        suite=job.suite,
        version=version,
        agent=job.agent,
        seed=job.seed,
        settings=settings_digest(job.suite, version, job.options),
        values=failed_values(values) if play.error else values,
        asks=tuple(play.asks),
        pictures=tuple(play.album.names),
        error=play.error,
        cpu_s=round(cpu_seconds() - cpu, 4),
        wall_s=round(time.perf_counter() - wall, 4),
        latency_s=round(play.thinking / max(1, len(play.asks)), 4),
    )


def cpu_seconds() -> float:
    """Returns the CPU seconds of this process and of those that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@final
class _Play:
    """One agent in one episode."""

    def __init__(
        self, episode: Episode, make_agent: AgentMaker, setup: AgentSetup, album: Album
    ) -> None:
        self.episode, self.make_agent, self.setup = episode, make_agent, setup
        self.album = album
        self.agent: Agent | None = None
        self.asks: list[AskRecord] = []
        self.costs: list[dict[str, float]] = []
        self.error = ""
        self.thinking = 0.0

    def live(self, on_judged: Callable[[Ask, Reply, Judgement], None] | None) -> None:
        """Takes one happening after the other until there is none."""
        self._guarded(self._start)
        while (happening := self.episode.next()) is not None:
            if not isinstance(happening, Ask):
                self._guarded(partial(self._take, happening))
                continue
            reply = self._reply(happening)
            self.album.look(happening, self.episode.body)
            judgement = self.episode.submit(reply)
            self._note(happening, reply, judgement)
            self.album.caption(happening, _words(reply), judgement)
            if on_judged is not None:
                on_judged(happening, reply, judgement)

    def values(self) -> dict[str, float]:
        """Returns the metrics of the episode, as if nothing had been raised."""
        measured = {
            "progress": self.episode.progress,
            "right": sum(ask.right for ask in self.asks) / max(1, len(self.asks)),
            "memory_bytes": 0.0,
        }

        def weigh() -> None:
            if self.agent is not None:
                measured["memory_bytes"] = float(self.agent.memory_bytes())

        self._guarded(weigh)
        costs = zip(self.asks, self.costs, strict=True)
        return episode_values([{**cost, **ask.values} for ask, cost in costs], measured)

    def close_agent(self) -> None:
        """Closes the agent once; what it raises there counts as well."""
        agent, self.agent = self.agent, None
        if agent is not None:
            self._guarded(agent.close)

    def _start(self) -> None:
        self.setup.folder.mkdir(parents=True, exist_ok=True)
        self.agent = self.make_agent(self.setup)

    def _take(self, happening: Happening) -> None:
        if self.agent is None:
            return
        match happening:
            case Observation():
                self.agent.see(happening)
            case Utterance():
                self.agent.hear(happening)
            case NewVisit():
                self.agent.visit(happening)

    def _reply(self, ask: Ask) -> Reply:
        """Returns the agent's reply, an empty one where it broke, now or before."""
        given = Reply()

        def think() -> None:
            nonlocal given
            if self.agent is not None:
                given = self.agent.reply(ask, self.episode.body if ask.max_ticks > 0 else None)

        before = cpu_seconds()
        self._guarded(think)
        self.thinking += cpu_seconds() - before
        return given

    def _note(self, ask: Ask, reply: Reply, judgement: Judgement) -> None:
        values = dict(judgement.values)
        self.costs.append({"model_calls": reply.model_calls, "tokens": reply.tokens})
        self.asks.append(
            AskRecord(
                kind=ask.kind,
                text=ask.text,
                reply=_words(reply),
                right=judgement.right and not self.error,
                progress=0.0 if self.error else judgement.progress,
                reason=self.error.splitlines()[0] if self.error else judgement.reason,
                values=failed_values(values) if self.error else values,
            )
        )

    def _guarded(self, act: Callable[[], None]) -> None:
        """Lets the agent act unless it broke before; keeps the first thing that it raised."""
        if self.error:
            return
        try:
            act()
        except EmbodiedMemError as error:
            self.error = f"{type(error).__name__}: {error}"
        except Exception as error:
            # An agent with a bug has failed its episode, not the whole evaluation.
            last = traceback.format_exc(limit=-4)
            self.error = f"the agent broke: {type(error).__name__}: {error}\n{last}"


def _words(reply: Reply) -> str:
    """Returns what was replied, for a reader."""
    if reply.text:
        return reply.text
    if reply.places:
        return "; ".join(f"({x:.2f}, {y:.2f}, {z:.2f})" for x, y, z in reply.places)
    return "" if reply.choice is None else f"option {reply.choice}"
