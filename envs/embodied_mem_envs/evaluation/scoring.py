"""Judges an answer against the truth of the house, by rules that are written down here.

An answer is taken at its value: what it calls itself (`answered` or `uncertain`) does not matter
for being right, only for whether a wrong one is a false claim.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec
import numpy as np

from embodied_mem_envs.evaluation.drafts import Instance
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.truth import box_gaps

PLACE_TOLERANCE = 0.75
"""Metres from a thing's box within which an answer has found it."""
NEAR_NAMED = 5
"""How many of the things named as near are judged: the first ones."""


class AnswerLike(Protocol):
    """What is judged: `embodied_mem.brain.language.answers.Answer` has these fields."""

    @property
    def status(self) -> str:
        """`answered`, `uncertain`, `unseen` or `not_understood`."""

    @property
    def certain(self) -> bool:
        """Whether the answer is given without a reservation."""

    @property
    def value(self) -> Any:
        """The answer itself, in the form that its kind has; see the rules."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came out, and why."""

    outcome: Literal["right", "wrong", "false_claim"]
    reason: str

    @property
    def right(self) -> bool:
        """Whether it counts as right."""
        return self.outcome == "right"


def score(question: HouseQuestion, answer: AnswerLike) -> Verdict:
    """Judges one answer.

    - About something that is not in the house: right is `unseen`, or a plain no (`exists` False)
      or none (`how_many` 0). About something that is there but did not show, the true answer is
      right too.
    - About something that showed: `unseen` and `not_understood` are wrong; otherwise the value is
      judged by the rule of its kind, the functions below.
    - A wrong value about something that is absent or did not show, with `status` `answered` and
      `certain`, is a false claim. `not_understood` never is one, but is never right either.
    """
    if answer.status == "not_understood":
        return Verdict(outcome="wrong", reason="not understood")
    if question.about_unseen and _says_unseen(question, answer):
        return Verdict(outcome="right", reason="honest about what was not seen")
    if answer.status == "unseen":
        return Verdict(outcome="wrong", reason="it was shown, the answer is that it was not seen")
    problem = _RULES[question.kind](question, answer.value)
    if problem is None:
        return Verdict(outcome="right", reason="true")
    if question.about_unseen and answer.certain and answer.status == "answered":
        return Verdict(outcome="false_claim", reason=problem)
    return Verdict(outcome="wrong", reason=problem)


def _says_unseen(question: HouseQuestion, answer: AnswerLike) -> bool:
    """A plain no or none is right only of what the house does not hold."""
    if answer.status == "unseen":
        return True
    absent = not question.right.instances
    denial: bool | int | str = {"exists": False, "how_many": 0}.get(question.kind, "none")
    return absent and type(answer.value) is type(denial) and answer.value == denial


def where_problem(question: HouseQuestion, value: Any) -> str | None:
    """`{"position": [x, y, z], "room": category or None, ...}`.

    Right within 0.75 m of the box of a thing that the words fit; a room that is named must be
    the room category of such a thing. Returns what is wrong, or None.
    """
    position = _position_of(value)
    if position is None:
        return f"no position in {value!r}"
    close = _close_to(position, question.right.instances)
    if not close:
        return f"nothing of the kind within {PLACE_TOLERANCE} m of {position}"
    room = value.get("room")
    if room is not None and room not in {instance.room for instance in close}:
        return f"it is not in the {room}"
    return None


def which_room_problem(question: HouseQuestion, value: Any) -> str | None:
    """A room category; right if a thing that the words fit is in such a room."""
    if isinstance(value, str) and value in {item.room for item in question.right.instances}:
        return None
    return f"it is not in the {value}"


def which_floor_problem(question: HouseQuestion, value: Any) -> str | None:
    """A whole number, 0 for the lowest floor; right if a thing that the words fit is there."""
    floors = {item.floor for item in question.right.instances}
    if isinstance(value, int) and not isinstance(value, bool) and value in floors:
        return None
    return f"it is not on floor {value}"


def how_many_problem(question: HouseQuestion, value: Any) -> str | None:
    """A whole number; right only if exact."""
    if isinstance(value, int) and not isinstance(value, bool) and value == question.right.count:
        return None
    return f"there are {question.right.count}, not {value}"


def colour_problem(question: HouseQuestion, value: Any) -> str | None:
    """A basic colour term, exactly; grey and gray are one."""
    colours = {instance.colour for instance in question.right.instances}
    if isinstance(value, str) and value.lower().replace("gray", "grey") in colours:
        return None
    return f"it is not {value}"


def exists_problem(question: HouseQuestion, value: Any) -> str | None:
    """True or False."""
    if isinstance(value, bool) and value == bool(question.right.instances):
        return None
    return f"{value} is not so"


def near_problem(question: HouseQuestion, value: Any) -> str | None:
    """Categories, the most telling first: the first five are judged.

    Right if at least one of them, and at least half of them, is the category of a thing that
    showed and whose box is within 1.5 m of the box of the thing asked about.
    """
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        return f"no list of things in {value!r}"
    named = list(value)[:NEAR_NAMED]
    true = [name for name in named if name in question.right.near]
    if true and 2 * len(true) >= len(named):
        return None
    return f"of {named} only {true} are near"


def superlative_problem(question: HouseQuestion, value: Any) -> str | None:
    """`{"category": ..., "object": ..., "position": [x, y, z]}`.

    Right if the category is that of the biggest or nearest thing; a position that is given must
    be within 0.75 m of its box (of any, where several of one category are about as big). Where
    the category was in the question (`which chair is nearest`), a position must be given.
    """
    if not isinstance(value, Mapping):
        return f"no thing in {value!r}"
    winners = question.right.instances
    if value.get("category") not in {winner.category for winner in winners}:
        return f"it is the {winners[0].category}, not the {value.get('category')}"
    position = _position_of(value)
    if position is None:
        return "which one is not told" if question.form == "nearest_of" else None
    return None if _close_to(position, winners) else f"another one, at {position}"


def _position_of(value: Any) -> list[float] | None:
    position = value.get("position") if isinstance(value, Mapping) else None
    if not isinstance(position, Sequence) or len(position) != 3:
        return None
    return [float(part) for part in position]


def _close_to(position: list[float], instances: Sequence[Instance]) -> list[Instance]:
    low = np.array([instance.low for instance in instances], float).reshape(-1, 3)
    high = np.array([instance.high for instance in instances], float).reshape(-1, 3)
    close = box_gaps(position, position, low, high) <= PLACE_TOLERANCE
    return [instance for instance, near in zip(instances, close, strict=True) if near]


_RULES: dict[str, Callable[[HouseQuestion, Any], str | None]] = {
    "where": where_problem,
    "which_room": which_room_problem,
    "which_floor": which_floor_problem,
    "how_many": how_many_problem,
    "colour": colour_problem,
    "exists": exists_problem,
    "near": near_problem,
    "superlative": superlative_problem,
}
