"""Which activations to keep under a budget of bytes, so that the gradient costs least time.

The plan of MEMO (Zhao et al. 2024, arXiv 2407.12117, section 4): token-wise recomputation and
swapping, chosen by an integer program from measured times. Here a stage is recomputed as a whole or
not at all, each storage is kept, on the disk, or split between the two at any byte, and a storage
that several stages need is held once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch.multiprocessing.reductions import StorageWeakRef

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array

SMALL = 1 << 15
"""Bytes of a storage below which putting it on the disk is not worth the calls."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StageCost:
    """What was measured of one stage."""

    name: str
    kept: tuple[StorageWeakRef, ...]
    """What autograd saves of it if nothing is done about it, in order, as often as it is saved."""
    inputs: tuple[StorageWeakRef, ...]
    """What is saved if it is computed again."""
    seconds: float
    """That computing it again takes."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Costs:
    """What was measured of a forward pass."""

    stages: tuple[StageCost, ...]
    sizes: Mapping[StorageWeakRef, int]
    """Bytes of each storage that counts; the others are there anyhow."""
    write_byte: float
    """Seconds to put a byte on the disk."""
    read_byte: float
    """Seconds to get one back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """What becomes of the activations of a stage."""

    recompute: bool
    """Whether only its inputs are saved, and it is computed again for the gradient."""
    shares: tuple[float, ...] = ()
    """How much of each saved tensor stays in memory, 0 to 1, in the order they are saved in."""
    other: float = 0.0
    """Share of those that come after."""

    def share(self, index: int) -> float:
        """Returns how much of the tensor that is saved as the index-th stays in memory."""
        return self.shares[index] if index < len(self.shares) else self.other


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What becomes of each stage's activations, and what that is to cost."""

    stages: Mapping[str, Placement]
    kept_bytes: int
    """Bytes that stay in memory."""
    seconds: float
    """More than when all is kept."""


def make_plan(costs: Costs, budget: int) -> Plan:
    """Returns the plan that costs the least time with at most `budget` bytes in memory, exactly.

    A mixed-integer program (solved by HiGHS): for each stage whether it is recomputed; for each
    storage the shares of it in memory and on the disk, which together are all of it if a stage
    needs it; for each need of a stage, the share of it that is read from the disk.

    Raises:
        ConfigError: If even the least that can stay in memory is more than the budget.
    """
    program = _Program(costs)
    least = program.solve(None)
    if least is None or program.bytes_of(least) > budget:
        needed = "more" if least is None else f"at least {program.bytes_of(least)}"
        raise ConfigError(f"activation_bytes is {budget}; expected {needed}")
    best = program.solve(budget)
    assert best is not None
    return program.plan(best)


class _Program:
    """Variables: recompute per stage; in memory and on the disk per storage; reads per need."""

    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self.storages = list(costs.sizes)
        self._number = {storage: number for number, storage in enumerate(self.storages)}
        self.sizes = np.array([costs.sizes[storage] for storage in self.storages], np.float64)
        self.needs = [
            (stage, recompute, self._number[storage], count)
            for stage, cost in enumerate(costs.stages)
            for recompute, needed in ((False, cost.kept), (True, cost.inputs))
            for storage, count in _counted(needed)
            if storage in self._number
        ]
        stages, storages = len(costs.stages), len(self.storages)
        self.memory = slice(stages, stages + storages)
        self.disk = slice(self.memory.stop, self.memory.stop + storages)
        self.variables = self.disk.stop + len(self.needs)

    def solve(self, budget: int | None) -> Float64Array | None:
        """Returns the variables at least time within a budget, or, without one, at least bytes."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        weights = np.zeros(self.variables)
        if budget is None:
            weights[self.memory] = self.sizes
        else:
            # Seconds are so small here that the solver would take them for nothing.
            weights[: len(self.costs.stages)] = [stage.seconds for stage in self.costs.stages]
            weights[self.disk] = self.sizes * self.costs.write_byte
            for row, (_, _, storage, count) in enumerate(self.needs, start=self.disk.stop):
                weights[row] = self.sizes[storage] * count * self.costs.read_byte
            weights *= 1e3
        upper = np.ones(self.variables)
        upper[self.disk] = self.sizes >= SMALL
        rows, floors = self._needs_met()
        constraints = [LinearConstraint(rows, floors, np.inf)]
        if budget is not None:
            held = np.zeros((1, self.variables))
            held[0, self.memory] = self.sizes / 1e6
            constraints.append(LinearConstraint(held, -np.inf, budget / 1e6))
        whole = np.zeros(self.variables)
        whole[: len(self.costs.stages)] = 1
        found = milp(
            weights,
            integrality=whole,
            bounds=Bounds(0, upper),
            constraints=constraints,
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else np.asarray(found.x, np.float64)

    def _needs_met(self) -> tuple[Float64Array, Float64Array]:
        rows = np.zeros((2 * len(self.needs), self.variables))
        floors = np.zeros(len(rows))
        for index, (stage, recompute, storage, _) in enumerate(self.needs):
            held, read = rows[2 * index], rows[2 * index + 1]
            # 1 where the stage is treated the way that needs this: x, or 1 - x.
            sign, constant = (1.0, 0.0) if recompute else (-1.0, 1.0)
            held[[self.memory.start + storage, self.disk.start + storage]] = 1
            held[stage] = -sign
            floors[2 * index] = constant
            read[self.disk.stop + index] = 1
            read[self.disk.start + storage] = -1
            read[stage] = -sign
            floors[2 * index + 1] = constant - 1
        return rows, floors

    def bytes_of(self, solution: Float64Array) -> int:
        """Returns the bytes that stay in memory."""
        return int(np.ceil(solution[self.memory] @ self.sizes))

    def plan(self, solution: Float64Array) -> Plan:
        """Returns the plan that the variables mean."""
        stages = {}
        for stage, cost in enumerate(self.costs.stages):
            recompute = bool(round(solution[stage]))
            saved = cost.inputs if recompute else cost.kept
            shares = tuple(self._share(solution, storage) for storage in saved)
            stages[cost.name] = Placement(recompute=recompute, shares=shares)
        kept = sum(
            round(self._share(solution, storage) * size)
            for storage, size in self.costs.sizes.items()
            if any(self._is_needed(solution, stage, storage) for stage in range(len(stages)))
        )
        return Plan(stages=stages, kept_bytes=kept, seconds=self._seconds(solution))

    def _share(self, solution: Float64Array, storage: StorageWeakRef) -> float:
        if storage not in self._number:
            return 1.0
        disk = float(solution[self.disk][self._number[storage]])
        return float(np.clip(round(1.0 - disk, 6), 0.0, 1.0))

    def _is_needed(self, solution: Float64Array, stage: int, storage: StorageWeakRef) -> bool:
        cost = self.costs.stages[stage]
        return storage in (cost.inputs if round(solution[stage]) else cost.kept)

    def _seconds(self, solution: Float64Array) -> float:
        costs = self.costs
        computed = sum(
            cost.seconds for cost, x in zip(costs.stages, solution, strict=False) if round(x)
        )
        written = float(solution[self.disk] @ self.sizes) * costs.write_byte
        reads = zip(self.needs, solution[self.disk.stop :], strict=True)
        read = sum(self.sizes[storage] * count * part for (_, _, storage, count), part in reads)
        return computed + written + float(read) * costs.read_byte


def _counted(storages: Sequence[StorageWeakRef]) -> list[tuple[StorageWeakRef, int]]:
    return [(storage, storages.count(storage)) for storage in dict.fromkeys(storages)]
