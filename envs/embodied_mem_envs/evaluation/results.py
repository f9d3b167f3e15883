"""What an evaluation found: per house, and the metrics over all houses."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from embodied_mem_envs.evaluation.asking import Asked
from embodied_mem_envs.evaluation.moved import MovedObject
from embodied_mem_envs.evaluation.questions import FLOOR_KINDS, KINDS
from embodied_mem_envs.evaluation.watch import Progress

COVERED_ENOUGH = 0.95
"""Share of the floor up to which two walks are compared by length."""


class HouseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One house: the walk, the questions, and what became of the things that were moved."""

    seed: int
    rooms: int
    objects: int
    shown: int
    """How many objects showed enough in at least two frames of the first visit."""
    ticks: int
    """Length of the first visit."""
    finished: bool
    """Whether the first visit ended because nothing was left to explore."""
    floor_covered: float
    path_metres: float
    path_over_nearest_frontier: float | None
    """None where the nearest-frontier walk was not made."""
    asked: tuple[Asked, ...]
    moved: tuple[MovedObject, ...]


class EvaluationResult(msgspec.Struct, frozen=True, kw_only=True):
    """All houses of an evaluation."""

    houses: tuple[HouseResult, ...]

    @property
    def asked(self) -> list[Asked]:
        """All questions of all houses, with their verdicts."""
        return [asked for house in self.houses for asked in house.asked]

    def metrics(self) -> dict[str, float]:
        """Returns the binding metrics, and those that explain them.

        `floor_covered` and `path_over_nearest_frontier` are means over houses; `answer_accuracy`
        is right answers over questions; `false_claims` counts wrong answers given as certain
        about what was not there or not seen; `moved_tracked` is tracked objects over those that
        moved and showed on both visits. What could not be measured is left out.
        """
        asked = self.asked
        moved = [item for house in self.houses for item in house.moved]
        ratios = [h.path_over_nearest_frontier for h in self.houses]
        known = [ratio for ratio in ratios if ratio is not None]
        values: dict[str, float | None] = {
            "floor_covered": _mean([house.floor_covered for house in self.houses]),
            "floor_covered_least": min((h.floor_covered for h in self.houses), default=None),
            "path_over_nearest_frontier": _mean(known),
            "answer_accuracy": _accuracy(asked),
            "answer_accuracy_plain": _accuracy([a for a in asked if not a.question.paraphrase]),
            "answer_accuracy_paraphrased": _accuracy([a for a in asked if a.question.paraphrase]),
            "answer_accuracy_unseen": _accuracy([a for a in asked if a.question.about_unseen]),
            "false_claims": sum(a.verdict.outcome == "false_claim" for a in asked),
            "moved_tracked": _mean([float(item.tracked) for item in moved]),
            "moved_objects": len(moved),
            "questions": len(asked),
            "houses": len(self.houses),
        }
        return {name: round(float(v), 5) for name, v in values.items() if v is not None}

    def by_kind(self) -> list[dict[str, Any]]:
        """Returns a row for each kind: questions, right, false claims, and accuracy."""
        rows = []
        several_floors = any(asked.question.kind == "which_floor" for asked in self.asked)
        for kind in FLOOR_KINDS if several_floors else KINDS:
            own = [asked for asked in self.asked if asked.question.kind == kind]
            rows.append(
                {
                    "kind": kind,
                    "questions": len(own),
                    "right": sum(asked.verdict.right for asked in own),
                    "false_claims": sum(a.verdict.outcome == "false_claim" for a in own),
                    "accuracy": _accuracy(own),
                }
            )
        return rows

    def misses(self) -> list[dict[str, Any]]:
        """Returns every question that was not answered right, with what was said and why."""
        return [
            {
                "seed": house.seed,
                "kind": asked.question.kind,
                "question": asked.question.text,
                "plain": asked.question.plain,
                "about_unseen": asked.question.about_unseen,
                "status": asked.answer.status,
                "certain": asked.answer.certain,
                "answer": asked.answer.text,
                "value": asked.answer.value,
                "outcome": asked.verdict.outcome,
                "reason": asked.verdict.reason,
            }
            for house in self.houses
            for asked in house.asked
            if not asked.verdict.right
        ]


def path_ratio(own: Sequence[Progress], other: Sequence[Progress]) -> float | None:
    """Returns the way of one walk over that of another, to the same share of the floor.

    The share is 95 %, or what both walks reached where that is less: a walk must not look short
    because it stopped early. None where either walk has no length there.
    """
    share = min(COVERED_ENOUGH, _most(own), _most(other))
    ours, theirs = _metres_to(own, share), _metres_to(other, share)
    return ours / theirs if theirs > 0.0 and ours > 0.0 else None


def _most(progress: Sequence[Progress]) -> float:
    return max((entry.covered for entry in progress), default=0.0)


def _metres_to(progress: Sequence[Progress], share: float) -> float:
    return next((entry.metres for entry in progress if entry.covered >= share), 0.0)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _accuracy(asked: Sequence[Asked]) -> float | None:
    return _mean([float(item.verdict.right) for item in asked])
