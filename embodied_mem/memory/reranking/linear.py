"""A reranker that learns online: weights that depend on the question, held near the static ones."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.memory.ranking import RetrieverConfig
from embodied_mem.memory.reranking.description import FEATURES
from embodied_mem.memory.reranking.reranker import Lesson, Plan
from embodied_mem.memory.reranking.state import LinearState, read_state, write_state
from embodied_mem.types import BoolArray, Float64Array

_FARTHEST: Final = 10.0
"""Bound on every learned number; a weight of 10 drowns all others."""


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """How `LinearReranker` learns."""

    rate: float = 0.15
    """Step of the gradient."""
    guard: float = 0.8
    """Weight of the divergence from the static ranking; 0 for no guard."""
    temperature: float = 0.1
    """Difference in score that makes one record e times as likely as another."""
    blame: float = 0.3
    """Weight of answers of which nothing was cited: less, as what was needed may not be known."""
    caution: float = 10.0
    """How much a question unlike those before holds to the static weights; 0 for not at all."""

    def __post_init__(self) -> None:
        values = (self.rate, self.guard, self.blame, self.caution)
        if not all(0 <= value < math.inf for value in values):
            raise ConfigError(
                f"rate, guard, blame and caution must be finite and not negative: {values}"
            )
        if not 0 < self.temperature < math.inf:
            raise ConfigError(f"temperature must be positive, not {self.temperature}")


@final
class LinearReranker:
    """Learns what the signals are worth for which questions, from what was cited.

    The weights of a question are those of `prior` plus a linear map of its features (`describe`).
    With the probability of a record the softmax of its weighted signals, every answered query takes
    one step of REINFORCE (Williams 1992) with the rewards of Tan et al. 2025, "In Prospect and
    Retrospect" (RMM): +1 for what was cited, -1 / (m - 1) for each of the m shown that was not.
    The step is scaled by how little of the probability over what was shown the cited records had:
    what was expected teaches nothing.

    Two things keep it near the static ranking. Each step also descends the Kullback-Leibler
    divergence of the policy from that of the prior, over all candidates of the query, so that what
    is not confirmed fades. And what was learned counts only as far as questions like this one were
    answered before: it is divided by 1 + caution * h, where h is the leverage of the features,
    x' (I + sum of x x')^-1 x (the width of LinUCB's interval, Li et al. 2010).

    The same lessons in the same order give the same numbers. Scores stay from 0 to 1, and the
    retriever's order over its candidates stays exact.

    Args:
        prior: The static weights; `RetrieverConfig()` where None.
        config: How it learns.
        rng: Draws Gumbel noise so that the records shown are a sample without replacement of the
            policy (Kool et al. 2019, section 2); None to always show the best.

    >>> LinearReranker().answered
    0
    """

    def __init__(
        self,
        prior: RetrieverConfig | None = None,
        config: LinearConfig | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.config = LinearConfig() if config is None else config
        self.prior = (RetrieverConfig() if prior is None else prior).weights
        self.rng = rng
        self.answered = 0
        """Queries that it learned from."""
        self._map = np.zeros((len(self.prior), len(FEATURES)))
        self._seen = np.eye(len(FEATURES))
        """Unit matrix plus the sum of the outer products of the features of answered queries."""

    def plan(self, features: Float64Array, asked: BoolArray, count: int) -> Plan:
        """Says how to rank the candidates of a question; see `Reranker.plan`."""
        weights = self._weights(features, asked)
        if self.rng is None:
            return Plan(weights, None)
        # In units of the scores, which are divided by the weights that count.
        unit = self._unit(asked) / max(float((weights * asked).sum()), 1e-300)
        return Plan(weights, unit * self.rng.gumbel(size=count))

    def learn(self, lesson: Lesson) -> None:
        """Takes one step."""
        signals, shown, asked = lesson.signals, lesson.shown, lesson.asked
        weights = self._weights(lesson.features, asked)
        policy = _softmax(signals @ (weights * asked) / self._unit(asked))
        static = _softmax(signals @ (self.prior * asked) / self._unit(asked))
        rewards = np.where(lesson.cited, 1.0, -1.0 / max(1, len(shown) - 1))
        surprise = self.config.blame
        if lesson.cited.any():
            surprise = 1.0 - policy[shown][lesson.cited].sum() / policy[shown].sum()
        step = surprise * (rewards @ signals[shown] - rewards.sum() * (policy @ signals))
        step -= self.config.guard * ((policy - static) @ signals)
        self._map += self.config.rate * np.outer(step * asked, lesson.features)
        np.clip(self._map, -_FARTHEST, _FARTHEST, out=self._map)
        self._seen += np.outer(lesson.features, lesson.features)
        self.answered += 1

    def save(self, path: Path) -> None:
        """Writes what was learned as JSON; see `load`."""
        state = LinearState(
            prior=self.prior.tolist(),
            map=self._map.tolist(),
            seen=self._seen.tolist(),
            answered=self.answered,
        )
        write_state(path, state)

    @classmethod
    def load(
        cls,
        path: Path,
        config: LinearConfig | None = None,
        rng: np.random.Generator | None = None,
    ) -> Self:
        """Reads what `save` wrote; it goes on learning from there.

        Raises:
            ConfigError: If the file is missing, damaged or of another version.
        """
        state = read_state(path)
        made = cls(config=config, rng=rng)
        made.prior = np.array(state.prior)
        made._map = np.array(state.map)
        made._seen = np.array(state.seen)
        made.answered = state.answered
        return made

    def _unit(self, asked: BoolArray) -> float:
        return self.config.temperature * max(float((self.prior * asked).sum()), 1e-9)

    def _weights(self, features: Float64Array, asked: BoolArray) -> Float64Array:
        leverage = float(features @ np.linalg.solve(self._seen, features))
        learned = self._map @ features / (1.0 + self.config.caution * leverage)
        weights: Float64Array = np.maximum(self.prior + learned, 0.0)
        return weights if (weights * asked).any() else self.prior


def _softmax(values: Float64Array) -> Float64Array:
    shares: Float64Array = np.exp(values - values.max())
    shares /= shares.sum()
    return shares
