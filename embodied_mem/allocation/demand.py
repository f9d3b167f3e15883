"""What was asked of a memory lately, and how well it could answer: what an agent can know of it."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, final

import numpy as np

from embodied_mem.allocation.inputs import DESCRIPTORS, FAST, QUESTION_KINDS, SLOW
from embodied_mem.memory.columns import KINDS, STATUSES, Columns
from embodied_mem.types import AnyArray, Float64Array

_RATES: Final = np.array([[FAST], [SLOW]])
_FACT, _ACTIVE = KINDS.index("fact"), STATUSES.index("active")


@final
class DemandProfile:
    """Running means of what is noted of the questions that an agent is asked.

    A mean weighs each question less, by a fixed factor, than the one after it, and is divided by
    the sum of the weights so that it does not begin at 0.

    Attributes:
        asked: Questions so far.
        total: Sum of their outcomes.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.total = 0.0
        self._means = np.zeros((2, len(DESCRIPTORS)))
        self._weights = np.zeros((2, 1))
        self._success = self._success_weight = 0.0

    def note(self, descriptor: AnyArray, outcome: float) -> None:
        """Hears of a question.

        Args:
            descriptor: (18,) what `inputs.DESCRIPTORS` names.
            outcome: How well it was answered, 0 to 1.
        """
        self._means += _RATES * (np.asarray(descriptor) - self._means)
        self._weights += _RATES * (1.0 - self._weights)
        self._success += SLOW * (outcome - self._success)
        self._success_weight += SLOW * (1.0 - self._success_weight)
        self.asked += 1
        self.total += outcome

    @property
    def means(self) -> Float64Array:
        """(36,) running means of the descriptors, fast and slow; 0 before the first question."""
        return (self._means / np.maximum(self._weights, 1e-9)).ravel()

    @property
    def success(self) -> float:
        """Running mean of the outcomes; 0 before the first question."""
        return self._success / max(self._success_weight, 1e-9)


class Described(Protocol):
    """What describing a question needs to know of a store."""

    @property
    def columns(self) -> Columns:
        """Resident arrays by slot."""
        ...

    @property
    def about(self) -> Mapping[str, set[int]]:
        """Slots by entity id."""
        ...

    def slot_of(self, record_id: str) -> int:
        """Returns the slot of a record."""
        ...

    def __contains__(self, record_id: object) -> bool: ...


def describe_question(
    store: Described,
    tick: int,
    things: Sequence[str],
    cited: Sequence[str] = (),
    *,
    visits: Mapping[str, int] | None = None,
    fine: bool = False,
    since: bool = False,
    kind: str | None = None,
) -> Float64Array:
    """Describes a question by what the store's arrays tell of its subjects.

    Args:
        store: Where it was answered from.
        tick: When.
        things: Ids of the objects that it is about.
        cited: Ids of the records that it was answered from.
        visits: How often the agent has come into each place, by the place's id.
        fine: Whether a picture in full was needed.
        since: Whether it is about since when something is there.
        kind: One of `inputs.QUESTION_KINDS`; None for any other.

    Returns:
        (18,) what `inputs.DESCRIPTORS` names.
    """
    columns = store.columns
    start = int(columns.valid_from[columns.slots()].min(initial=tick))
    shown = [_slots(store, thing) for thing in things]
    told = np.array([store.slot_of(each) for each in cited if each in store], np.intp)
    told_at = columns.valid_from[told]
    values = np.zeros((len(things), 5))
    for row, slots in enumerate(shown):
        if not len(slots):
            continue
        held = columns.valid_from[slots]
        facts = slots[(columns.kind[slots] == _FACT) & (columns.status[slots] == _ACTIVE)]
        moved = facts[columns.version[facts] > 1]
        moved_at = columns.valid_from[moved].max(initial=start)
        span = max(tick - start, 1)
        values[row] = (
            (tick - held.max()) / span,
            (tick - held.min()) / span,
            float(len(moved) > 0 and len(told) > 0 and bool((told_at < moved_at).all())),
            float(len(moved) > 0),
            _share_of_visits(columns, facts if len(facts) else slots, visits or {}),
        )
    means = np.clip(values.mean(axis=0), 0.0, 1.0) if len(things) else np.zeros(5)
    kinds = [float(each == kind) for each in QUESTION_KINDS]
    return np.array([*means, float(fine), len(things) / 4, float(since), *kinds])


def _slots(store: Described, thing: str) -> AnyArray:
    slots = store.about.get(thing, ())
    return np.fromiter(slots, np.intp, len(slots))


def _share_of_visits(columns: Columns, slots: AnyArray, visits: Mapping[str, int]) -> float:
    """Returns the visits to the place of the newest of some records, over the most of any."""
    newest = slots[columns.valid_from[slots].argmax()]
    place = columns.name(int(columns.place[newest]))
    return visits.get(place or "", 0) / max(visits.values(), default=1)
