"""An ask with its truth, and how replies to it are judged."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embodied_mem_envs.evaluation.truth import box_gaps
from embodied_mem_envs.tasks.episode import Judgement, Place, Reply
from embodied_mem_envs.tasks.recall.config import RADIUS
from embodied_mem_envs.tasks.recall.log import Box, Pose

Word = str | int | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """One place that is meant: near a box, or inside one."""

    box: Box
    radius: float = RADIUS
    """Metres over the floor from the box; 0 for a room, which one must be in."""

    def holds(self, x: float, y: float) -> bool:
        """Whether a place on the plan is right."""
        low, high = self.box
        return float(box_gaps((x, y), (x, y), low[:2], high[:2])) <= self.radius + 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One ask and its truth."""

    kind: str
    """`temporal`, `spatial`, `semantic` or `multi`."""
    template: str
    """Which template it was made from."""
    text: str
    goals: tuple[Goal, ...] = ()
    """Where to point, in order; empty where words are asked for."""
    expected: Word | None = None
    options: tuple[str, ...] = ()
    right: int = 0
    """Index of the right option."""
    relevant: tuple[int, ...] = ()
    """Ticks of the events that the answer comes from."""

    def chance(self, poses: Sequence[Pose]) -> float:
        """Returns how likely chance is right, exactly.

        By a random option; or, where places are asked for, by as many places as are wanted, each
        drawn from all places where the robot has been, with replacement.
        """
        if not self.goals:
            return 1.0 / len(self.options)
        shares = [
            sum(goal.holds(pose.x, pose.y) for pose in poses) / len(poses) for goal in self.goals
        ]
        return float(np.prod(shares))


def judge(drawn: Drawn, reply: Reply, chance: float) -> Judgement:
    """Judges a reply in words, or one that points at places.

    Places are right where there are as many as are wanted and each, in order, is right;
    progress counts those from the first on that are. Words are right as the chosen option, or as
    the value, without regard to case; without a value, as a text that holds the expected word and
    no other option.
    """
    if drawn.goals:
        hits = _hits(drawn.goals, reply.places)
        right = hits == len(drawn.goals) == len(reply.places)
        progress = hits / len(drawn.goals)
        reason = f"{hits} of {len(drawn.goals)} places in order are right"
    else:
        right = _word_is_right(drawn, reply)
        progress = float(right)
        reason = "true" if right else f"expected {drawn.expected}"
    return Judgement(
        right=right, progress=progress, reason=reason, values=values_of(drawn, right, chance)
    )


def values_of(drawn: Drawn, right: bool, chance: float) -> dict[str, float]:
    """Returns the metrics of a judged ask."""
    measure = "success" if drawn.goals else "answer_accuracy"
    return {
        measure: float(right),
        f"{drawn.kind}_accuracy": float(right),
        "chance": chance,
        f"{drawn.kind}_chance": chance,
    }


def _hits(goals: Sequence[Goal], places: Sequence[Place]) -> int:
    hits = 0
    for goal, place in zip(goals, places, strict=False):
        if not goal.holds(place[0], place[1]):
            break
        hits += 1
    return hits


def _word_is_right(drawn: Drawn, reply: Reply) -> bool:
    if reply.choice is not None:
        return reply.choice == drawn.right
    value: Any = None if reply.answer is None else reply.answer.value
    right = option_of(drawn.expected)
    if value is not None:
        return isinstance(value, str | int | bool) and option_of(value) == right
    others = [option for option in drawn.options if option != right]
    return _holds(reply.text, right) and not any(_holds(reply.text, other) for other in others)


def option_of(word: Word | None) -> str:
    """Returns how an expected word reads as an option.

    >>> option_of(True), option_of(3), option_of("Sofa")
    ('yes', '3', 'sofa')
    """
    if isinstance(word, bool):
        return "yes" if word else "no"
    return str(word).casefold()


def _holds(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text.casefold()))
