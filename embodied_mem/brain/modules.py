"""The four modules of an arm's brain, as each is seen by the others.

Any of them can be replaced by whatever does the same; the brain knows only these borders.

| module | in the brain | does |
|---|---|---|
| `CortexModule` | cortex | instruction, scene and memory become a plan, in one model call |
| `CerebellumModule` | cerebellum | carries a plan out, notices what goes wrong, handles it |
| `HippocampusModule` | temporal lobe and hippocampus | perceives, believes, remembers, learns |
| `BrainstemModule` | brainstem | senses, reflexes, limits and safe stop, at every tick |
"""

from collections.abc import Sequence
from typing import Protocol

from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Plan, Step, Task
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import State
from embodied_mem.brain.surprise import Surprise
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Command, Observation


class CortexModule(Protocol):
    """Thinks, which takes time: both calls ask a model."""

    @property
    def calls(self) -> int:
        """Model calls so far."""

    @property
    def seconds(self) -> float:
        """What they took, or claim to have taken, s."""

    def plan(self, situation: Situation) -> Plan:
        """Returns a checked plan for what is asked.

        Raises:
            PlanError: If the model's answer is no valid plan, even after one repair.
            ModelError: If the model does not answer.
        """

    def replan(self, request: ReplanRequest, situation: Situation) -> Task:
        """Returns what to do instead of a task that cannot be carried out; raises as `plan`."""


class CerebellumModule(Protocol):
    """Carries one plan out."""

    plan: Plan
    """What it carries out, with the parts that were planned anew."""
    status: Status
    report: ExecutionReport

    @property
    def wants(self) -> ReplanRequest | None:
        """What the cortex must be asked before it can go on; it holds still until `give`."""

    @property
    def active(self) -> Sequence[str]:
        """Ids of the nodes that run, from the root down."""

    def tick(self, senses: ArmSenses, state: State) -> Command:
        """Returns this tick's command."""

    def give(self, task: Task | None, reason: str = "") -> None:
        """Hands it what it wanted; None where the cortex knows no other way, with why."""

    def interrupt(self, reason: str) -> None:
        """Hears that a reflex stopped the arm: the running step has come to a bad end."""

    def stop(self, reason: str) -> None:
        """Ends the plan."""


class HippocampusModule(Protocol):
    """Perceives, believes, remembers and learns."""

    @property
    def noticed(self) -> Sequence[Surprise]:
        """What was seen or felt and not expected, oldest first."""

    def see(self, observation: Observation, arm: ArmState) -> None:
        """Takes a picture in."""

    def feel(self, arm: ArmState) -> None:
        """Takes a tick of joint readings in."""

    def state(self, arm: ArmState) -> State:
        """Returns what is believed at this tick."""

    def situation(self, instruction: str, state: State) -> Situation:
        """Returns all that a cortex should know to plan what is asked."""

    def known_plan(self, instruction: str, state: State) -> Plan | None:
        """Returns a plan that is known to work for such a request, bound to what is here now."""

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        """Returns what worked before where such a step failed so."""

    def follow(self, report: ExecutionReport, state: State) -> None:
        """Hears what is new in the report of a run that goes on."""

    def learn(self, instruction: str, before: State, plan: Plan, report: ExecutionReport) -> None:
        """Keeps what happened; a verified success becomes a skill."""


class BrainstemModule(Protocol):
    """Drives the arm within limits."""

    @property
    def stopped(self) -> str:
        """Why the arm is stopped, until `clear`; empty where it is not."""

    def since(self, tick: int) -> Sequence[ReflexEvent]:
        """Returns what it did by itself from a tick on, oldest first."""

    def sense(self) -> ArmState:
        """Reads the joints."""

    def tick(self, command: Command | None) -> Command:
        """Sends one command after limits and reflexes; returns what was really sent."""

    def stop(self, reason: str) -> None:
        """Stops the arm safely, until `clear`."""

    def clear(self) -> None:
        """Lets the arm move again, with the next fresh command."""
