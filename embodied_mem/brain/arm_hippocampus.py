"""The hippocampus of an arm: what it perceives, believes, remembers, and has learned to do."""

from collections.abc import Sequence
from typing import Final, final

from embodied_mem.brain.belief import Belief
from embodied_mem.brain.instruction import Instruction
from embodied_mem.brain.language.instructions import instruction_words, parse_instruction
from embodied_mem.brain.learning.episode_log import EpisodeLog
from embodied_mem.brain.learning.skill_pool import SkillPool
from embodied_mem.brain.learning.skill_window import SkillWindow
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Plan, Step
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.state import State
from embodied_mem.brain.surprise import Surprise, Surprises
from embodied_mem.errors import InstructionError
from embodied_mem.memory.working import WorkingMemory
from embodied_mem.memory.working.chunks import RUN
from embodied_mem.robots.arm import ArmState, WorkCell
from embodied_mem.types import Observation

_CAP: Final = 1000
MAIN: Final = "front"
"""The camera that must always show something."""


@final
class ArmHippocampus:
    """The one door to what an arm knows.

    Args:
        belief: What is where.
        cell: The fixtures.
        window: The skills that a planner sees.
        pool: Plans that are known to work; nothing is learned where None.
        log: What was done, and how it went; not kept where None.
    """

    def __init__(
        self,
        belief: Belief,
        cell: WorkCell,
        window: SkillWindow,
        *,
        pool: SkillPool | None = None,
        log: EpisodeLog | None = None,
    ) -> None:
        self.belief, self.cell = belief, cell
        self.window, self.pool, self.log = window, pool, log
        self.working = WorkingMemory(_CAP)
        """What was done on the present instruction, as a planner that is asked again reads it."""
        self.surprises = Surprises(seconds_per_tick=belief.seconds_per_tick)
        self._words = instruction_words(cell)
        self._felt = -1
        self._report: ExecutionReport | None = None
        self._told = 0

    @property
    def noticed(self) -> Sequence[Surprise]:
        """What was not expected, oldest first."""
        return self.surprises.noted

    def see(self, observation: Observation, arm: ArmState) -> None:
        """Takes a picture in."""
        before = self.belief.state(arm)
        shown = self.belief.observe(observation, arm)
        if shown or observation.camera == MAIN:
            self.surprises.see(before, self.belief.state(arm), shown=shown)

    def feel(self, arm: ArmState) -> None:
        """Takes a tick of joint readings in."""
        self.belief.feel(arm)

    def state(self, arm: ArmState) -> State:
        """Returns what is believed at this tick."""
        state = self.belief.state(arm)
        if arm.tick != self._felt:
            self._felt = arm.tick
            self.surprises.feel(arm, state)
        return state

    def situation(self, instruction: str, state: State) -> Situation:
        """Returns all that a cortex should know to plan what is asked."""
        self.window.begin(instruction)
        return Situation(
            instruction=instruction,
            state=state,
            cell=self.cell,
            skills=self.window.visible,
            remembered=self.belief.remembered(),
            before=self.belief.arrangement("before"),
            last_time=self.belief.arrangement("last_time"),
            history=self.working.text,
        )

    def known_plan(self, instruction: str, state: State) -> Plan | None:
        """Returns a plan that worked for such a request, bound to what is here now."""
        frame = self._understood(instruction)
        if self.pool is None or frame is None:
            return None
        return self.pool.find(frame, self.situation(instruction, state))

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        """Returns what worked before where such a step failed so."""
        return None if self.pool is None else self.pool.recall(step, anomaly, state)

    def follow(self, report: ExecutionReport, state: State) -> None:
        """Takes in what is new in the report of a run: each subgoal is a chunk that closes."""
        if report is not self._report:
            self._report, self._told = report, 0
            self.working = WorkingMemory(_CAP, head=report.instruction)
        for event in report.events[self._told :]:
            if self.working.current == RUN and event.what == "started":
                self.working.open(event.node)
            self.working.note(event.text().strip())
            if event.what in ("done", "replanned") and not event.skill:
                self._close(event.text().strip())
        self._told = len(report.events)
        if self.log is not None:
            self.log.follow(report, state)

    def _close(self, summary: str) -> None:
        if self.working.current != RUN:
            self.working.close(summary)

    def learn(self, instruction: str, before: State, plan: Plan, report: ExecutionReport) -> None:
        """Keeps what happened; a verified success becomes a skill."""
        frame = self._understood(instruction)
        if self.log is not None:
            self.log.finish(report, before)
        if self.pool is not None and frame is not None:
            self.pool.add(frame, before, plan, report)

    def _understood(self, instruction: str) -> Instruction | None:
        """What no rule understands, only a model can plan; the pool knows nothing of it."""
        try:
            return parse_instruction(instruction, self._words)
        except InstructionError:
            return None
