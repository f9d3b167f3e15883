"""Errors of an explorer that can be counted exactly.

Four of the kinds that UltraHorizon (arXiv 2509.21766) lets a model find in transcripts can be told
by program here: calls that are not possible, calls repeated without effect, an early end, and
conclusions against the evidence. The others are about reasoning that nobody writes down here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from embodied_mem_envs.tasks.hidden_rule.calls import Call, Outcome
from embodied_mem_envs.tasks.hidden_rule.equivalence import NOTHING, Shown, shown_effect
from embodied_mem_envs.tasks.hidden_rule.grammar import Rule
from embodied_mem_envs.tasks.hidden_rule.world import Case, rule_fires


@final
@dataclass
class Errors:
    """Counts over one episode."""

    invalid_calls: int = 0
    """Calls that were not possible."""
    repeated_calls: int = 0
    """Calls as the two before, with nothing that can be sensed changed by them but the step."""
    unused_steps: int = 0
    """Steps that were left when the robot submitted."""
    malformed_rules: int = 0
    """Answers that are no rule of the grammar."""
    contradicted_rules: int = 0
    """Answers against which something spoke that the robot itself had seen."""

    def called(self, calls: Sequence[Call], before: Outcome, after: Outcome, call: Call) -> None:
        """Counts a call.

        Args:
            calls: All before it.
            before: What was sensed before it.
            after: What was sensed after it.
            call: The call.
        """
        self.invalid_calls += bool(after.error)
        again = len(calls) >= 2 and calls[-1] == calls[-2] == call
        self.repeated_calls += again and _sensed(before) == _sensed(after)

    def told(self, truth: Rule, answer: Rule | None, cases: Sequence[Case]) -> None:
        """Counts an answer.

        Args:
            truth: The hidden rule.
            answer: What was submitted for it.
            cases: All that happened.
        """
        if answer is None:
            self.malformed_rules += 1
            return
        own = (case for case in cases if case.trigger == truth.trigger)
        wrong = any(_shown(truth, case) != _shown(answer, case) for case in own)
        self.contradicted_rules += wrong

    def values(self) -> dict[str, float]:
        """Returns the counts by name."""
        return {name: float(count) for name, count in vars(self).items()}


def _shown(rule: Rule, case: Case) -> Shown:
    return (
        shown_effect(rule.effect, case.values["energy"])
        if rule_fires(rule, case.values)
        else NOTHING
    )


def _sensed(outcome: Outcome) -> tuple[object, ...]:
    return outcome.room, outcome.energy, outcome.score, outcome.shut, outcome.lit
