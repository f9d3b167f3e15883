"""A linear program with some integers, put together from variables and sums of them."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.bounds.bound import GAP

Term = tuple[AnyArray, AnyArray, AnyArray | float]
"""Rows, variables and factors."""
ABSENT: Final = np.iinfo(np.int64).max
"""Number of a variable that there is not; it is 0."""


@final
@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver found."""

    bound: float
    """No choice is worth more."""
    values: Float64Array | None
    """Of each variable; None if no choice was found within the nodes."""

    def chosen(self, variables: Int64Array) -> BoolArray:
        """Returns which variables are 1; none if no choice was found."""
        if self.values is None:
            return np.zeros(variables.shape, bool)
        chosen: BoolArray = np.append(self.values > 0.5, False)[
            np.where(variables == ABSENT, -1, variables)
        ]
        return chosen


@final
class Model:
    """Variables from 0 to 1, what each is worth, and constraints; the worth is to be largest."""

    def __init__(self) -> None:
        self.size = 0
        self.count = 0
        """Constraints."""
        self._worth: list[Float64Array] = []
        self._integer: list[NDArray[np.int8]] = []
        self._rows: list[AnyArray] = []
        self._columns: list[AnyArray] = []
        self._factors: list[Float64Array] = []
        self._upper: list[Float64Array] = []

    def add(self, worth: AnyArray, *, integer: bool = False) -> Int64Array:
        """Adds variables; returns their numbers."""
        self._worth.append(np.asarray(worth, np.float64))
        self._integer.append(np.full(len(worth), integer, np.int8))
        self.size += len(worth)
        return np.arange(self.size - len(worth), self.size)

    def value(self, variables: Int64Array, worth: AnyArray) -> None:
        """Makes variables worth more; a variable can come several times."""
        self._worth = [np.concatenate(self._worth)]
        np.add.at(self._worth[0], variables, worth)

    def limit(self, upper: Float64Array, *terms: Term) -> None:
        """Adds a constraint for each entry of `upper` on the sum of terms."""
        for rows, columns, factors in terms:
            self._rows.append(rows + self.count)
            self._columns.append(columns)
            self._factors.append(np.broadcast_to(np.asarray(factors, np.float64), rows.shape))
        self._upper.append(upper)
        self.count += len(upper)

    def at_most(self, lower: Int64Array, upper: Int64Array) -> None:
        """Each of some variables is at most another."""
        rows = np.arange(len(lower))
        self.limit(np.zeros(len(lower)), (rows, lower, 1.0), (rows, upper, -1.0))

    def at_most_sum(self, lower: Int64Array, of: Int64Array, members: BoolArray) -> None:
        """Each of n variables is at most the sum of the members (n, m) among others (n, m)."""
        rows, items = np.nonzero(members)
        every = np.arange(len(lower))
        self.limit(np.zeros(len(lower)), (every, lower, 1.0), (rows, of[rows, items], -1.0))

    def solve(self, *, relaxed: bool, nodes: int | None) -> Solution:
        """Returns the best choice, and the bound on it that was proved.

        Args:
            relaxed: Leave the integers out.
            nodes: Branch-and-bound nodes after which to stop.
        """
        if not self.size:
            return Solution(0.0, np.zeros(0))
        at = (np.concatenate(self._rows), np.concatenate(self._columns))
        matrix = coo_array((np.concatenate(self._factors), at), shape=(self.count, self.size))
        options: dict[str, float] = {"mip_rel_gap": GAP}
        if nodes is not None:
            options["node_limit"] = nodes
        result = milp(
            -np.concatenate(self._worth),
            constraints=LinearConstraint(matrix.tocsr(), -np.inf, np.concatenate(self._upper)),
            bounds=Bounds(0.0, 1.0),
            integrality=np.zeros(self.size) if relaxed else np.concatenate(self._integer),
            options=options,
        )
        return Solution(-float(result.fun if relaxed else result.mip_dual_bound), result.x)
