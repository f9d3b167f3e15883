"""The life of one step: conditions before, the skill under its invariants, conditions after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, final

from embodied_mem.brain.plan.conditions import Condition, parse_condition
from embodied_mem.brain.plan.schema import Anomaly, Step, Task
from embodied_mem.brain.plan.settling import Pace, Settling, first_false
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.state import State
from embodied_mem.errors import EmbodiedMemError
from embodied_mem.types import Command

HOLD = Command()
"""Stays where it is: no motion, joints and fingers as they are."""


@dataclass(frozen=True, slots=True)
class Notice:
    """An anomaly that a node noticed."""

    anomaly: Anomaly
    detail: str
    since: int | None
    """A picture newer than this tick shows what the matter is."""


Progress = Literal["running", "done", "skipped"] | Notice


class Life(Protocol):
    """One attempt at a leaf of the tree."""

    command: Command
    """What the body is to do at this tick."""

    @property
    def acting(self) -> bool:
        """Whether a skill drives the body now."""

    def tick(self, senses: Any, state: State) -> Progress:
        """Lives for one tick."""

    def halt(self) -> None:
        """Ends it early; harmless after the end."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The parsed conditions of a node."""

    pre: tuple[Condition, ...]
    invariant: tuple[Condition, ...]
    post: tuple[Condition, ...]

    @classmethod
    def of(cls, node: Step | Task) -> "Conditions":
        """Parses the conditions of a node.

        Raises:
            ConditionError: If one cannot be read.
        """
        post = _parse(node.post)
        if isinstance(node, Task):
            return cls((), (), post)
        return cls(_parse(node.pre), _parse(node.invariant), post)


def _parse(texts: tuple[str, ...]) -> tuple[Condition, ...]:
    return tuple(map(parse_condition, texts))


@final
class StepLife:
    """One attempt at a step."""

    def __init__(
        self,
        conditions: Conditions,
        make: Callable[[], Skill[Any]],
        *,
        timeout: int,
        pace: Pace,
    ) -> None:
        """Prepares an attempt.

        Args:
            conditions: What must hold when.
            make: Builds the skill, once the conditions before it hold.
            timeout: Ticks that the skill may run.
            pace: Times of the conditions.
        """
        self.command = HOLD
        self._conditions, self._make = conditions, make
        self._timeout, self._pace = timeout, pace
        self._skill: Skill[Any] | None = None
        self._entered = False
        self._before = Settling(conditions.pre)
        self._after: Settling | None = None
        self._ran = 0
        self._violated = 0
        self._last_picture = 0
        self._first = True

    @property
    def acting(self) -> bool:
        """Whether the skill was entered and not left."""
        return self._entered

    def tick(self, senses: Any, state: State) -> Progress:
        """Lives for one tick."""
        self.command = HOLD
        if self._after is not None:
            return self._settle(state)
        try:
            if self._skill is None:
                started = self._start(senses, state)
                if started is not None:
                    return started
            return self._run(senses, state)
        except EmbodiedMemError as error:
            # A skill that finds its arguments or the world beyond it ends badly; that is no crash.
            self.halt()
            return Notice("bad_end", str(error), state.tick)

    def halt(self) -> None:
        """Leaves the skill, exactly once if it was entered."""
        skill, entered = self._skill, self._entered
        self._entered = False
        if skill is not None and entered:
            skill.leave()

    def _start(self, senses: Any, state: State) -> Progress | None:
        """Gets the skill going; returns None once it is."""
        post = self._conditions.post
        if self._first and post and first_false(post, state) is None:
            return "skipped"
        self._first = False
        verdict = self._before.before(state, self._pace)
        if verdict == "wait":
            return "running"
        if verdict == "fails":
            return Notice("precondition", f"{self._before.false} does not hold", self._before.since)
        skill = self._make()
        if skill.can_execute(senses) <= 0.0:
            reason = skill.reason or "the skill cannot do its work here and now"
            return Notice("precondition", reason, state.tick)
        self._skill, self._entered = skill, True
        skill.enter(senses)
        return None

    def _run(self, senses: Any, state: State) -> Progress:
        """Steps the skill unless an invariant or the clock speaks against it."""
        skill = self._skill
        assert skill is not None
        violated = first_false(self._conditions.invariant, state)
        if self._is_certain(violated, state):
            self.halt()
            return Notice("invariant", f"{violated} no longer holds", state.tick)
        if self._ran >= self._timeout:
            self.halt()
            return Notice("timeout", "the time for it is up", state.tick)
        self._ran += 1
        self.command = skill.step(senses)
        if skill.status is Status.RUNNING:
            return "running"
        self.halt()
        if skill.status is Status.FAILED:
            reason = skill.reason or "the skill failed without a reason"
            return Notice("bad_end", reason, state.tick)
        self._after = Settling(self._conditions.post)
        return self._settle(state)

    def _is_certain(self, violated: Condition | None, state: State) -> bool:
        """Tells whether an invariant is violated for long enough to be believed.

        One noisy tick is not enough, nor is, of what is seen, one noisy picture.
        """
        if violated is None:
            self._violated = 0
            return False
        if self._violated == 0:
            self._last_picture = state.camera_tick
        self._violated += 1
        seen = not violated.sighted or state.camera_tick > self._last_picture
        return self._violated >= (self._pace.debounce if seen else self._pace.blind)

    def _settle(self, state: State) -> Progress:
        return _judge(self._after, state, self._pace)


@final
class TaskLife:
    """The check, after the children of a task, that it is reached."""

    def __init__(self, conditions: Conditions, *, pace: Pace, moved: int | None) -> None:
        self.command = HOLD
        self._after, self._pace = Settling(conditions.post, moved), pace

    @property
    def acting(self) -> bool:
        """Never: it only looks."""
        return False

    def tick(self, senses: Any, state: State) -> Progress:
        """Looks at the conditions."""
        return _judge(self._after, state, self._pace)

    def halt(self) -> None:
        """Nothing is held."""


def _judge(settling: Settling | None, state: State, pace: Pace) -> Progress:
    assert settling is not None
    verdict = settling.after(state, pace)
    if verdict == "wait":
        return "running"
    if verdict == "holds":
        return "done"
    return Notice("postcondition", f"{settling.false} does not hold", settling.since)
