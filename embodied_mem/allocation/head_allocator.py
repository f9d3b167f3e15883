"""A policy of the head, rule or trained network, as an allocator of a real store."""

from dataclasses import replace
from typing import Final, cast, final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.demand import DemandProfile
from embodied_mem.allocation.head import DROP, LOWER, OVER, entry_and_operation
from embodied_mem.allocation.plan import Plan
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.seen import Candidate, Seen
from embodied_mem.allocation.store_inputs import StoreInputs
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL, LeastValuePerByte
from embodied_mem.allocation.view import StoreView
from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.record import Add, Delete, Kind, MemoryRecord, Noop, Operation, Update

DECIDED: Final[frozenset[Kind]] = frozenset({"snapshot", "event"})
"""Kinds of records that a policy decides about."""


@final
class HeadAllocator:
    """Lets a policy decide what of the pictures and events goes, and whether one comes in.

    Where the candidate fits, it is taken in. Else the policy is asked, one operation after the
    other, until it fits or is refused. Nothing that is dropped or lowered for a candidate that is
    refused in the end really goes.

    Records of other kinds are small, and most questions are about one: they are taken in, and the
    policy only says what goes for them. They go themselves only where nothing else is left, by
    value per byte. Frontiers, which come and go, only ever push out others of these.

    Args:
        policy: Rule or network.
        name: Under which it is known.
        kinds: Of the records that the policy decides about.
        seed: Of what the policy draws.
    """

    def __init__(
        self, policy: Policy, name: str, *, kinds: frozenset[Kind] = DECIDED, seed: int = 0
    ) -> None:
        self.policy = policy
        self.name = name
        self.kinds = kinds
        self._seen = Seen(cast(frozenset[str], kinds))
        self._rest = LeastValuePerByte()
        self._rng = np.random.default_rng(seed)
        self._heard = (-1, 0, 0.0)
        self._last_outcome = 0.0

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes DELETEs and UPDATEs of levels with the ADD, or a NOOP; see `Allocator`."""
        self._seen.meet_store(view)
        noted: Candidate | None = None
        if candidate.kind in self.kinds:
            noted = self._seen.meet_candidate(view, candidate, context.visits)
            self._hear(noted.number, context.demand)
        if view.missing_bytes(candidate) <= 0:
            return (Add(record=candidate),)
        if candidate.kind == "frontier" and noted is None:
            kept = replace(context, protected_kinds=context.protected_kinds | self.kinds)
            return self._rest.propose(view, candidate, kept)
        forced = noted is None or candidate.id in view
        noted = noted or self._seen.blank(view, candidate)
        may_go = np.zeros(len(view.slots), bool)
        may_go[view.evictable(context, candidate)] = True
        plan = Plan(self._seen, view, noted, may_go)
        inputs = StoreInputs(self._seen, view, noted, context, plan, self._last_outcome)
        decided = self._decide(view, plan, inputs, forced=forced)
        if decided is None:
            return self._rest.propose(view, candidate, context)
        return _operations(view, plan, candidate, context.tick) if decided else (Noop(),)

    def _decide(
        self, view: StoreView, plan: Plan, inputs: StoreInputs, *, forced: bool
    ) -> bool | None:
        """Lets the policy choose until the candidate is in or refused.

        Returns:
            Whether it is in; None where nothing is left that the policy could let go.
        """
        while not plan.hopeless:
            mask = plan.mask(forced=forced)
            if not mask[:-1].any() and not mask[-1, (OVER, LOWER)].any():
                return None
            slots, shared = inputs.observe()
            action = self.policy(slots[None], shared[None], mask[None], self._rng)[0]
            entry, operation = map(int, entry_and_operation(action))
            candidate = entry == len(plan.slots)
            if not mask[entry, operation]:
                return None if forced else False
            if operation == LOWER and not candidate and plan.is_guess(entry):
                plan.measure(entry, _coarse_bytes(view, int(plan.slots[entry])))
                continue  # it may not be worth it after all
            if operation == LOWER and candidate:
                plan.coarse = True
            elif operation == LOWER:
                plan.lowered[entry] = True
            elif not candidate:
                plan.drop(entry)
            if operation == OVER or (operation == DROP and candidate):
                return operation == OVER
            plan.waiting += 1
        return None

    def _hear(self, number: int, demand: DemandProfile | None) -> None:
        """Notes what was asked since the candidate before."""
        last, asked, total = self._heard
        if demand is None or number == last:
            return
        more = demand.asked - asked
        self._last_outcome = (demand.total - total) / more if more > 0 else 0.0
        self._heard = number, demand.asked, demand.total


def _coarse_bytes(view: StoreView, slot: int) -> float:
    """Returns the bytes of a payload that lowering leaves, which costs a read."""
    try:
        return float(sum(view.layer_bytes(slot)[:COARSE_LEVEL]))
    except DamagedRecordError:
        return float(view.columns.payload_bytes[slot])  # nothing to be gained from it


def _operations(
    view: StoreView, plan: Plan, candidate: MemoryRecord, tick: int
) -> tuple[Operation, ...]:
    lowered = view.ids(plan.slots[plan.lowered & ~plan.gone])
    coarse = [candidate.id] if plan.coarse else []
    level = {"level": COARSE_LEVEL}
    return (
        *(Delete(id=each) for each in view.ids(plan.slots[plan.dropped])),
        *(Update(id=each, tick=tick, changes=dict(level)) for each in lowered),
        Add(record=candidate),
        *(Update(id=each, tick=tick, changes=dict(level)) for each in coarse),
    )
