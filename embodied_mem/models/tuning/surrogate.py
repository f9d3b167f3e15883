"""A Gaussian process over the points of a grid: what is expected of a setting, and how surely."""

from typing import Final, final

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from embodied_mem.types import Float64Array

_WIDE: Final = (np.log(0.05), np.log(10.0))
"""Bounds of the logarithm of a length scale; coordinates go from 0 to 1."""
_NOISE: Final = (np.log(1e-3), np.log(0.5))
_JITTER: Final = 1e-8


@final
class GaussianProcess:
    """Matern 5/2 with a length scale for each column, and noise (Rasmussen, Williams 2006, ch. 2).

    Values are standardised; the hyperparameters are those of the highest posterior, with a
    log-normal prior for each.
    """

    def __init__(self, columns: int) -> None:
        """Knows nothing yet.

        Args:
            columns: How many coordinates a point has.
        """
        self._theta = np.concatenate([np.full(columns, np.log(0.7)), [np.log(0.1)]])
        self._prior = self._theta.copy()

    def fit(self, at: Float64Array, values: Float64Array, *, steps: int) -> None:
        """Learns from measurements.

        Args:
            at: Coordinates, float64 (n, columns).
            values: What was measured there, float64 (n,).
            steps: How many steps the hyperparameters are improved for; 0 keeps them.
        """
        self._at, self._mean = at, float(values.mean())
        self._scale = float(values.std()) or 1.0
        self._standard = (values - self._mean) / self._scale
        self._squares = (at[:, None, :] - at[None, :, :]) ** 2
        if steps:
            from scipy.optimize import minimize  # Late: 0.1 s that the command line need not pay.

            bounds = [_WIDE] * at.shape[1] + [_NOISE]
            found = minimize(
                self._loss, self._theta, jac=True, bounds=bounds, options={"maxiter": steps}
            )
            self._theta = found.x
        lengths, noise = np.exp(self._theta[:-1]), np.exp(self._theta[-1])
        covariance = _matern(self._squares @ lengths**-2.0)
        covariance[np.diag_indices(len(at))] += noise**2 + _JITTER
        self._factor = cho_factor(covariance, lower=True)
        self._weights = cho_solve(self._factor, self._standard)

    def predict(self, at: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Returns mean and standard deviation of the true values at points, float64 (m,) each."""
        lengths = np.exp(self._theta[:-1])
        squares = (at[:, None, :] - self._at[None, :, :]) ** 2 @ lengths**-2.0
        cross = _matern(squares)
        spread = solve_triangular(self._factor[0], cross.T, lower=True)
        variance = np.maximum(1.0 - (spread**2).sum(axis=0), 1e-12)
        return self._mean + self._scale * (cross @ self._weights), self._scale * np.sqrt(variance)

    def _loss(self, theta: Float64Array) -> tuple[float, Float64Array]:
        """Returns the negative logarithm of the posterior, and its gradient."""
        lengths, noise = np.exp(theta[:-1]), np.exp(theta[-1])
        distance = np.sqrt(5.0 * (self._squares @ lengths**-2.0))
        decay = np.exp(-distance)
        covariance = (1.0 + distance + distance**2 / 3.0) * decay
        covariance[np.diag_indices(len(covariance))] += noise**2 + _JITTER
        factor = cho_factor(covariance, lower=True)
        weights = cho_solve(factor, self._standard)
        away = (theta - self._prior) / 1.0
        loss = 0.5 * self._standard @ weights + np.log(np.diag(factor[0])).sum()
        # dL/dK = (K^-1 - a a') / 2, with a = K^-1 y.
        slope = 0.5 * (cho_solve(factor, np.eye(len(covariance))) - np.outer(weights, weights))
        shared = slope * (5.0 / 3.0) * (1.0 + distance) * decay
        by_length = np.einsum("ij,ijk->k", shared, self._squares) * lengths**-2.0
        by_noise = 2.0 * noise**2 * np.trace(slope)
        gradient = np.concatenate([by_length, [by_noise]]) + away
        return float(loss + 0.5 * (away**2).sum()), gradient


def _matern(squares: Float64Array) -> Float64Array:
    distance = np.sqrt(5.0 * squares)
    covariance: Float64Array = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
    return covariance
