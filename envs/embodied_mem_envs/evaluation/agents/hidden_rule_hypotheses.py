"""Which rules of the grammar are still possible for a trigger, given what was seen of it."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem.types import Float64Array, Int64Array
from embodied_mem_envs.evaluation.agents.hidden_rule_evidence import Observed, would_show
from embodied_mem_envs.evaluation.agents.hidden_rule_vocabulary import Vocabulary, hold
from embodied_mem_envs.tasks.hidden_rule.equivalence import NOTHING
from embodied_mem_envs.tasks.hidden_rule.grammar import Grammar, Rule

_DOUBT: Final = 10.0
"""A case that speaks against a hypothesis divides its weight by e to this."""
_DRAWN_CASES: Final = 500
_CANDIDATES: Final = 80


@final
class Hypotheses:
    """All conditions of the grammar, weighted by how well they fit the cases of one trigger."""

    def __init__(self, vocabulary: Vocabulary, cases: Sequence[Observed]) -> None:
        self.vocabulary = vocabulary
        own = [case for case in cases if case.trigger == vocabulary.trigger]
        self.effect, fired, silent = _sorted_by_effect(vocabulary.grammar, own)
        fired_truth, silent_truth = (
            vocabulary.truth([case.values for case in group]) for group in (fired, silent)
        )
        self.weights = self._weigh(fired_truth, silent_truth)

    def sample(self, count: int, rng: np.random.Generator) -> Int64Array:
        """Returns (up to count, 3) different conditions that fit, drawn by their weights."""
        fitting = np.flatnonzero(self.weights > self.weights.max() * np.exp(-_DOUBT / 2))
        keys = np.log(self.weights[fitting]) + rng.gumbel(size=len(fitting))
        best = fitting[np.argsort(-keys, kind="stable")[:count]]
        return self.vocabulary.conditions[best]

    def answer(self, rng: np.random.Generator) -> Rule:
        """Returns the rule that agrees best with those that are still possible."""
        chosen = self.sample(_CANDIDATES, rng)
        cases = self.vocabulary.draw_cases(_DRAWN_CASES, rng).astype(np.float64)
        best = chosen[int(np.argmax(_mean_kappa(hold(chosen, cases))))]
        effects = self.vocabulary.grammar.effects_of(self.vocabulary.trigger)
        return Rule(
            trigger=self.vocabulary.trigger,
            condition=self.vocabulary.condition(best),
            effect=self.effect or effects[int(rng.integers(len(effects)))],
        )

    def _weigh(self, fired: Float64Array, silent: Float64Array) -> Float64Array:
        """Weighs every condition by the expected number of cases that speak against it."""
        n_fired, n_silent = fired.shape[1], silent.shape[1]
        alone = (1.0 - fired).sum(axis=1) + silent.sum(axis=1)
        both = (n_fired - fired @ fired.T) + silent @ silent.T
        not_fired, not_silent = 1.0 - fired, 1.0 - silent
        either = not_fired @ not_fired.T + (n_silent - not_silent @ not_silent.T)
        errors = np.stack([np.broadcast_to(alone[:, None], both.shape), both, either])
        joint, first, second = self.vocabulary.conditions.T
        against = errors[joint, first, second]
        weights = self.vocabulary.prior * np.exp(-_DOUBT * (against - against.min()))
        shares: Float64Array = weights / weights.sum()
        return shares


def _sorted_by_effect(
    grammar: Grammar, cases: Sequence[Observed]
) -> tuple[str, list[Observed], list[Observed]]:
    """Returns the effect that was seen, the cases in which it was, and those in which it was not.

    Cases in which the effect could not have been seen are in neither.
    """
    shown = [case for case in cases if case.seen != NOTHING]
    fitting = [
        effect
        for effect in grammar.effects
        if all(would_show(effect, case.values["energy"]) == case.seen for case in shown)
    ]
    effect = fitting[0] if shown and fitting else ""
    silent = [
        case
        for case in cases
        if case.seen == NOTHING and would_show(effect, case.values["energy"]) != NOTHING
    ]
    return effect, shown, silent


def _mean_kappa(rows: Float64Array) -> Float64Array:
    """Returns (n,) how well each row of zeros and ones agrees with all rows, chance taken off."""
    p = rows.mean(axis=1)
    observed = (rows @ rows.T + (1.0 - rows) @ (1.0 - rows).T) / rows.shape[1]
    chance = np.outer(p, p) + np.outer(1.0 - p, 1.0 - p)
    kappa: Float64Array = ((observed - chance) / np.maximum(1.0 - chance, 1e-9)).mean(axis=1)
    return kappa
