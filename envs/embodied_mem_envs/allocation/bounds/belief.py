"""What the questions of a tiny world say of the mix that they come from."""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi

from embodied_mem.types import AnyArray, Float64Array

_DIGITS: Final = 9
"""To which the evidence of two questions is told apart."""


def evidence_of(first: Float64Array, second: Float64Array) -> Float64Array:
    """Returns how far questions speak for the first kind: its share of both probabilities.

    Where neither kind asks it, or both are equally likely to, that is 1/2: nothing is learned.
    """
    both = first + second
    share = np.divide(first, both, out=np.full_like(both, 0.5), where=both > 0)
    return np.asarray(share).round(_DIGITS)


@final
class Belief:
    """The posterior of the first kind's share, after so many questions of each evidence.

    The likelihood is a polynomial of the share p, a product of p e + (1 - p) (1 - e), so
    Gauss-Jacobi quadrature for the prior Beta(c, c) is exact with enough nodes.

    Args:
        evidence: (E,) evidence that questions can be, as `evidence_of` returns it.
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
