"""The cortex that plans: one model call a plan, checked before anything moves."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.planning.prompt import (
    plan_messages,
    read_reply,
    replan_messages,
    schema_of,
)
from embodied_mem.brain.planning.sections import Stop
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.errors import MalformedOutputError, PlanError
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.models.mending import Mended
from embodied_mem.models.metered import Metered, Usage
from embodied_mem.models.roles import Part, Roles
from embodied_mem.models.structured import ask_until

T = TypeVar("T", Plan, Task)


class GivenUpError(PlanError):
    """The model says that it cannot help; the message is for the person who asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thinking(Generic[T]):
    """A plan or a subtree, and what thinking of it cost."""

    value: T
    seconds: float
    """How long the model took, a repair included."""
    prompt_tokens: int
    completion_tokens: int
    calls: int


@final
class PlanningCortex:
    """Asks a model for plans; an answer that cannot be used is sent back for repair.

    Of three roles, the planner writes plans, and the caller writes refused ones anew, which asks
    for less: what is wrong is named.
    """

    def __init__(
        self, client: ModelClient | Roles, *, timeout: float | None = None, retries: int = 1
    ) -> None:
        """Takes a model.

        Args:
            client: The model, or one for each role.
            timeout: After how many seconds a call is given up; None waits.
            retries: How often an answer is sent back at most.
        """
        roles = client if isinstance(client, Roles) else Roles.of(client)
        self.client = roles.planner
        """Who writes plans."""
        self.calls = 0
        """Model calls so far, repairs included."""
        self.repairs = 0
        """How many answers were sent back."""
        self.mended = 0
        """How many answers were mended here, without another call."""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.seconds = 0.0
        """What all calls took."""
        self._planner, self._caller = _Counted(self, roles.planner), _Counted(self, roles.caller)
        self._timeout = timeout
        self._retries = retries

    def usage(self) -> dict[Part, Usage]:
        """Returns what each role was asked, and what that took."""
        return {"planner": self._planner.metered.usage(), "caller": self._caller.metered.usage()}

    def plan(self, situation: Situation) -> Plan:
        """Returns a checked plan for what is asked.

        Raises:
            GivenUpError: If the model says that it cannot help.
            PlanError: If the answer cannot be used, even after a repair.
            ModelError: If there is no answer.
        """
        return self.think_plan(situation).value

    def replan(self, request: ReplanRequest, situation: Situation) -> Task:
        """Returns a checked task that replaces one that went wrong.

        Raises:
            GivenUpError: If the model says that it cannot help.
            PlanError: If the answer cannot be used, even after a repair.
            ModelError: If there is no answer.
        """
        return self.think_task(request, situation).value

    def think_plan(self, situation: Situation) -> Thinking[Plan]:
        """Does what `plan` does, and says what it cost; see there for errors."""

        def checked(plan: Plan) -> None:
            check_plan(plan, situation.skills, known_ids(situation))

        return self._think(plan_messages(situation), schema_of("Plan"), Plan, checked)

    def think_task(self, request: ReplanRequest, situation: Situation) -> Thinking[Task]:
        """Does what `replan` does, and says what it cost; see there for errors."""

        def checked(task: Task) -> None:
            plan = Plan(instruction=situation.instruction, root=task)
            check_plan(plan, situation.skills, known_ids(situation))

        messages = replan_messages(request, situation)
        return self._think(messages, schema_of("Task"), Task, checked)

    def _think(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        reply: type[T],
        check: Callable[[T], None],
    ) -> Thinking[T]:
        """Asks, and asks once more where the answer cannot be used."""
        calls = self.calls
        try:
            got = ask_until(
                self._planner,
                messages,
                lambda text: _read(text, reply),
                schema=schema,
                check=check,
                retries=self._retries,
                timeout=self._timeout,
                caller=self._caller,
            )
        except MalformedOutputError as error:
            cause = error.__cause__
            after = ", even after a repair" if self._retries else ""
            raise PlanError(
                f"{self.client.name} wrote no usable plan{after}: {cause}",
                node=cause.node if isinstance(cause, PlanError) else "",
            ) from error
        finally:
            self.repairs += max(self.calls - calls - 1, 0)
        self.mended += got.repaired
        return Thinking(
            value=got.value,
            seconds=got.seconds,
            prompt_tokens=got.prompt_tokens,
            completion_tokens=got.completion_tokens,
            calls=len(got.completions),
        )


@final
class _Counted:
    """A role's client; what it is asked is counted for the role and for the cortex."""

    def __init__(self, cortex: PlanningCortex, client: ModelClient) -> None:
        self.metered = Metered(client)
        self._cortex = cortex

    @property
    def name(self) -> str:
        return self.metered.name

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        cortex = self._cortex
        cortex.calls += 1
        completion = self.metered.complete(messages, schema=schema, timeout=timeout)
        cortex.prompt_tokens += completion.prompt_tokens
        cortex.completion_tokens += completion.completion_tokens
        cortex.seconds += completion.seconds
        return completion


def _read(text: str, reply: type[T]) -> Mended[T]:
    """Reads an answer; a model's refusal to help is raised."""
    mended = read_reply(text, reply)
    if isinstance(mended.value, Stop):
        raise GivenUpError(mended.value.stop)
    return Mended(value=mended.value, repaired=mended.repaired)


def known_ids(situation: Situation) -> Collection[str]:
    """Returns the ids that a plan may name: what is believed, and the fixtures of the cell."""
    return {*situation.state.entities, *situation.cell}
