"""Runs one agent through one episode: history, instruction, judgement."""

import shutil
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import final

from embodied_mem.errors import EmbodiedMemError
from embodied_mem_envs.evaluation.manipulate_agent import (
    Agent,
    AgentFactory,
    AgentResult,
    EpisodeContext,
)
from embodied_mem_envs.evaluation.manipulate_border import ArmOnly
from embodied_mem_envs.evaluation.manipulate_faults import fault_name, fault_spec
from embodied_mem_envs.evaluation.manipulate_model import ModelFault
from embodied_mem_envs.evaluation.manipulate_records import Case, EpisodeRecord
from embodied_mem_envs.evaluation.running.limit import TimeIsUp, time_limit
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.tasks import TaskEpisode, make_episode
from embodied_mem_envs.tabletop.tasks.playing import play_history, starting_layout
from embodied_mem_envs.tabletop.tasks.truth import TableTruth, table_truth

_SETTLE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeSetup:
    """How episodes are run, whatever the task."""

    agent: str
    """Name of the agent, for the record."""
    folder: Path
    """Scratch folder of this task: what agents remember and learn lies below it."""
    memory: bool = True
    """Whether the agent may keep anything of what it watched."""
    seconds: float = 300.0
    """Wall time after which an episode is given up."""


def run_episode(case: Case, make_agent: AgentFactory, setup: EpisodeSetup) -> EpisodeRecord:
    """Tries one episode and judges it by the truth; whatever the agent raises is a failure.

    The simulator's ground truth is sealed whenever the agent has the word, and it is handed the
    arm's border alone. Faults are laid when the history is over.
    """
    # A level outside 1..3 is refused by make_episode itself.
    episode = make_episode(
        case.family,
        case.level,  # type: ignore[arg-type]
        case.seed,
        repeat=case.run == "repeat",
    )
    started = time.perf_counter()
    attempt = _Attempt(episode, case, setup)
    try:
        attempt.run(make_agent)
        return attempt.judge(time.perf_counter() - started)
    finally:
        attempt.body.close()


@final
class _Attempt:
    """One agent in one episode."""

    def __init__(self, episode: TaskEpisode, case: Case, setup: EpisodeSetup) -> None:
        self.episode, self.case, self.setup = episode, case, setup
        self.body = TabletopBody(starting_layout(episode, default_cell()), seed=case.seed)
        self.body.connect()
        self.border = ArmOnly(self.body)
        self.fault = fault_spec(fault_name(case.fault), case.factor) if case.fault else None
        self.of_model: ModelFault | None = None
        if self.fault is not None and self.fault.name == "model_timeout":
            self.of_model = ModelFault(self.fault, lambda: self.body.tick)
        self.result = AgentResult(success_claimed=False)
        self.error = ""
        self.cpu = 0.0
        self.begun_at = 0
        self.start: TableTruth | None = None

    def run(self, make_agent: AgentFactory) -> None:
        """Plays the history and lets the agent do what is asked."""
        try:
            with time_limit(self.setup.seconds):
                agent = make_agent()
                try:
                    self._live(agent)
                finally:
                    agent.close()
        except TimeIsUp:
            self.error = f"not done within {self.setup.seconds:g} s of wall time"
        except EmbodiedMemError as error:
            self.error = f"{type(error).__name__}: {error}"
        except Exception:
            # An agent with a bug has failed its episode, not the whole evaluation.
            self.error = "the agent broke:\n" + traceback.format_exc(limit=-4)

    def _live(self, agent: Agent) -> None:
        with self.body.sealed():
            agent.start(self.border, self._context())
            play_history(self.episode, self.body, watch=agent.watch, new_session=agent.new_session)
        self.start = self._truth()
        if self.fault is not None:
            self.body.inject(self.fault)
        self.begun_at = self.body.tick
        cpu, simulator = time.process_time(), self.border.simulator_cpu
        with self.body.sealed():
            self.result = agent.do(self.episode.instruction)
        self.cpu = time.process_time() - cpu - (self.border.simulator_cpu - simulator)

    def _context(self) -> EpisodeContext:
        """A new memory for each run; what was learned stays from a first run to its repeat."""
        memory, skills = self.setup.folder / "memory", self.setup.folder / "skills"
        shutil.rmtree(memory, ignore_errors=True)
        if self.case.run == "first":
            shutil.rmtree(skills, ignore_errors=True)
        for folder in (memory, skills):
            folder.mkdir(parents=True, exist_ok=True)
        wrap = {} if self.of_model is None else {"wrap_model": self.of_model.wrap}
        return EpisodeContext(
            cell=self.body.cell,
            seed=self.case.seed,
            memory=memory if self.setup.memory else None,
            skills=skills,
            **wrap,
        )

    def judge(self, wall: float) -> EpisodeRecord:
        """Lets things come to rest, then looks at the truth."""
        ticks = self.body.tick - self.begun_at
        self.body.settle(_SETTLE_SECONDS)
        end = self._truth()
        outcome = self.episode.succeeded(end, self.result.answer, self.start or end)
        acted = self.body.faults[-1] if self.body.faults else None
        source = acted or self.of_model
        return EpisodeRecord(
            agent=self.setup.agent,
            memory=self.setup.memory,
            case=self.case,
            instruction=self.episode.instruction,
            success=outcome.success and not self.error,
            progress=outcome.progress,
            why=outcome.why,
            claimed=self.result.success_claimed,
            answer=self.result.answer,
            model_calls=self.result.model_calls,
            anomalies=self.result.anomalies,
            fired=None if source is None else source.fired_at,
            victim=acted.victim if acted is not None else "",
            ticks=ticks,
            tick_cpu_ms=self.result.tick_cpu_ms or 1e3 * self.cpu / max(1, ticks),
            wall_s=wall,
            report=self.result.report_text,
            error=self.error,
        )

    def _truth(self) -> TableTruth:
        return table_truth(self.body.truth(), self.body.cell)
