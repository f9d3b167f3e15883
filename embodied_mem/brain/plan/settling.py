"""Whether conditions hold, given that pictures come late and single readings err."""

from dataclasses import dataclass
from typing import Literal, final

from embodied_mem.brain.plan.conditions import Condition
from embodied_mem.brain.state import State

Verdict = Literal["wait", "holds", "fails"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """The times of an executor, in ticks."""

    debounce: int
    """A condition that was to hold must be false so long before that is believed."""
    settle: int
    """Conditions get so long to become true."""
    blind: int
    """So long a newer picture is waited for before an old one must do."""


def first_false(conditions: tuple[Condition, ...], state: State) -> Condition | None:
    """Returns the first condition that does not hold, or None where all do."""
    for condition in conditions:
        if not condition.evaluate(state):
            return condition
    return None


@final
class Settling:
    """Waits until conditions hold, or until it is certain that they do not.

    Conditions that are about what is seen are judged by a picture that is newer than the last
    motion, the others by what is felt after it.
    """

    def __init__(self, conditions: tuple[Condition, ...], moved: int | None = None) -> None:
        """Begins to wait.

        Args:
            conditions: What is to hold.
            moved: Tick of the last motion; the first tick at which they are looked at where None.
        """
        self.false: Condition | None = None
        """The condition that did not hold at the last tick."""
        self._conditions = conditions
        self._sighted = any(condition.sighted for condition in conditions)
        self.since = moved
        """What is newer than this tick shows how things stand."""
        self._waited = 0

    def before(self, state: State, pace: Pace) -> Verdict:
        """Judges conditions that were to hold already: what holds now is believed."""
        seen = self._look(state)
        if self.false is None:
            return "holds"
        certain = seen and self._waited >= pace.debounce
        return "fails" if certain or self._waited >= pace.blind else "wait"

    def after(self, state: State, pace: Pace) -> Verdict:
        """Judges conditions that are to become true: what is seen must be seen anew."""
        seen = self._look(state)
        late = self._waited >= pace.settle
        if self.false is None:
            return "holds" if seen or late or not self._conditions else "wait"
        if not late:
            return "wait"
        return "fails" if seen or self._waited >= pace.blind else "wait"

    def _look(self, state: State) -> bool:
        """Counts a tick; tells whether there is news since the last motion."""
        if self.since is None:
            self.since = state.tick
        self._waited += 1
        self.false = first_false(self._conditions, state)
        return (state.camera_tick if self._sighted else state.tick) > self.since
