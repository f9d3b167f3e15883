"""The cortex that plans: one model call a plan, checked before anything moves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

import msgspec

from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.planning.prompt import (
    plan_messages,
    read_reply,
    repair_message,
    replan_messages,
    schema_of,
)
from embodied_mem.brain.planning.sections import Stop
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.errors import PlanError
from embodied_mem.models.client import Completion, Message, ModelClient

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
    """Asks a model for plans; an answer that cannot be used is sent back once for repair."""

    def __init__(self, client: ModelClient, *, timeout: float | None = None) -> None:
        """Takes a model.

        Args:
            client: The model.
            timeout: After how many seconds a call is given up; None waits.
        """
        self.client = client
        self.calls = 0
        """Model calls so far, repairs included."""
        self.repairs = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.seconds = 0.0
        """What all calls took."""
        self._timeout = timeout

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
        check: Any,
    ) -> Thinking[T]:
        """Asks, and asks once more where the answer cannot be used."""
        spent: list[Completion] = []
        conversation = list(messages)
        while True:
            completion = self._ask(conversation, schema)
            spent.append(completion)
            try:
                value = _read(completion.text, reply)
                check(value)
            except GivenUpError:
                raise
            except PlanError as error:
                if len(spent) > 1:
                    raise PlanError(
                        f"{self.client.name} wrote no usable plan, even after a repair: {error}",
                        node=error.node,
                    ) from error
                self.repairs += 1
                answer = Message(role="assistant", text=completion.text)
                conversation += [answer, repair_message(str(error))]
            else:
                return Thinking(
                    value=value,
                    seconds=sum(each.seconds for each in spent),
                    prompt_tokens=sum(each.prompt_tokens for each in spent),
                    completion_tokens=sum(each.completion_tokens for each in spent),
                    calls=len(spent),
                )

    def _ask(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        self.calls += 1
        completion = self.client.complete(messages, schema=schema, timeout=self._timeout)
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.completion_tokens
        self.seconds += completion.seconds
        return completion


def _read(text: str, reply: type[T]) -> T:
    """Reads an answer; whatever is wrong with it is a `PlanError` that says so."""
    try:
        value = read_reply(text, reply)
    except msgspec.ValidationError as error:
        raise PlanError(f"the JSON does not follow the schema: {error}") from None
    except msgspec.DecodeError as error:
        raise PlanError(f"the answer is no JSON: {error}") from None
    except RecursionError:
        raise PlanError("the JSON is nested too deeply") from None
    if isinstance(value, Stop):
        raise GivenUpError(value.stop)
    return value


def known_ids(situation: Situation) -> Collection[str]:
    """Returns the ids that a plan may name: what is believed, and the fixtures of the cell."""
    return {*situation.state.entities, *situation.cell}
