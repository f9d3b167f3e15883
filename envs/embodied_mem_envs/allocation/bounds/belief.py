"""What the questions of a tiny world say of the mix that they come from."""

from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi

from embodied_mem.types import AnyArray, Float64Array


@final
class Belief:
    """The posterior of the first kind's share, after so many questions of each evidence.

    The likelihood is a polynomial of the share p, a product of p e + (1 - p) (1 - e), so
    Gauss-Jacobi quadrature for the prior Beta(c, c) is exact with enough nodes.

    Args:
        evidence: (E,) how far questions can speak for the first kind, from 0 to 1.
        concentration: c.
        questions: Most questions that are asked.
    """

    def __init__(self, evidence: Float64Array, concentration: float, questions: int) -> None:
        self.evidence = evidence[evidence != 0.5]
        nodes, weights = roots_jacobi(questions + 2, concentration - 1, concentration - 1)
        self._share = (1 + nodes) / 2
        self._log_prior = np.log(weights / weights.sum())

    def number(self, evidence: Float64Array) -> NDArray[np.int64]:
        """Returns which of the belief's evidence each question is; as many as those if none."""
        matches = np.asarray(evidence)[..., None] == self.evidence
        return np.where(matches.any(axis=-1), matches.argmax(axis=-1), len(self.evidence))

    def mean(self, counts: AnyArray) -> Float64Array:
        """Returns (N,) the expected share of the first kind, given (N, E) counts."""
        likely = np.outer(self.evidence, self._share)
        likely += np.outer(1 - self.evidence, 1 - self._share)
        weight = np.exp(counts @ np.log(likely) + self._log_prior)
        mean: Float64Array = (weight @ self._share) / weight.sum(axis=1)
        return mean
