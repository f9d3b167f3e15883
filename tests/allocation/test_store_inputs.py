"""What a policy sees of a real store is what it sees in the environment, feature by feature."""

import numpy as np
import pytest

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.demand import DemandProfile
from embodied_mem.allocation.head import DROP, MERGE, OVER, action_of, entry_and_operation
from embodied_mem.allocation.head_allocator import HeadAllocator
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import Add
from rule_episodes import begun
from stream_records import Recorded, recorded, tick_of
from toy_store import ToyStore

_SIZES = {"bytes", "saving"}


class Beside:
    """A policy that plays the same in the environment, and compares what it sees."""

    def __init__(self, walk: Recorded, rng: np.random.Generator) -> None:
        self.core = begun([walk.episode])
        self.walk, self.rng = walk, rng
        self.store = ToyStore(int(walk.episode.budget))
        self.profile = DemandProfile()
        self.compared = 0
        self.told: set[str] = set()
        self.operations = np.zeros(4, int)
        self.number = {record.id: index for index, record in enumerate(walk.records)}

    def __call__(self, slots, context, mask, rng):
        where = self.entries()
        theirs, shared, valid = self.core.observe()
        for index, name in enumerate(SLOT_FEATURES):
            if name == "mergeable":
                continue
            if len(where) > 1 and np.ptp(slots[0, :-1, index]) > 0:
                self.told.add(name)
            close = 5e-3 if name in _SIZES else 2e-5
            expected = theirs[0, where, index]
            assert np.allclose(slots[0, :, index], expected, atol=close), name
        for index, name in enumerate(CONTEXT_FEATURES):
            if name != "fill_slots":
                assert context[0, index] == pytest.approx(shared[0, index], abs=5e-3), name
        allowed = valid[0, where].copy()
        allowed[:, MERGE] = False
        assert np.array_equal(mask[0], allowed)
        self.compared += 1
        return self.choose(context, mask, where)

    def choose(self, context, mask, where):
        """Draws a valid operation other than to refuse, and does it in the environment too."""
        weight = self.rng.random(mask.shape[1:]) + self.rng.permutation(3)[[0, 0, 1, 2]]
        weight[-1, DROP] = 1e-9
        if context[0, CONTEXT_FEATURES.index("waiting")] == 0.75:  # the environment's last but one
            weight[:, OVER] += 9.0
        action = np.array([(weight * mask[0]).argmax()])
        entry, operation = entry_and_operation(action)
        assert (entry[0], operation[0]) != (len(where) - 1, DROP)
        self.operations[operation] += 1
        self.act(action_of(where[entry], operation))
        return action

    def entries(self):
        """Returns the slot of the environment that holds what each entry of the store holds."""
        columns = self.store.columns
        held = [self.number[columns.ids[slot]] for slot in columns.slots().tolist()]
        inside = self.core.held_candidates[0].tolist()
        gone = self.core.levels[0] == 0
        free = iter(np.flatnonzero(gone).tolist())
        found = []
        for number in held:
            slots = [s for s, n in enumerate(inside) if n == number and not gone[s]]
            found.append(slots[0] if slots else next(free))
        return np.array([*found, len(inside)])

    def act(self, action):
        arrival = int(self.core.arrival[0])
        self.core.observe()
        result = self.core.step(action)
        assert (result.validity == 0).all()
        if int(self.core.arrival[0]) > arrival:
            (row,) = np.flatnonzero(
                self.walk.episode.query_time[: len(self.walk.records)] == arrival
            )
            self.profile.note(self.walk.descriptors[row], float(result.outcomes[0]))

    def share_reads(self, arrival):
        columns = self.store.columns
        state = self.core.state()
        for slot in range(len(self.walk.records)):
            if self.core.levels[0, slot] == 0:
                continue
            at = self.store.slot_of(self.walk.records[state["viewed"][0, slot]].id)
            columns.reads[at] = state["reads"][0, slot]
            if state["last_read"][0, slot] > state["recorded"][0, slot]:
                columns.last_read[at] = tick_of(int(state["last_read"][0, slot]) - 1)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_seen_of_a_store_is_what_is_seen_in_the_environment(seed):
    walk = recorded(seed, arrivals=40, held=0.2)
    beside = Beside(walk, np.random.default_rng(seed))
    allocator = HeadAllocator(beside, "beside")
    for arrival, record in enumerate(walk.records):
        context = AllocationContext(tick=record.recorded_at, demand=beside.profile)
        before = int(beside.core.arrival[0])
        operations = allocator.propose(StoreView(beside.store), record, context)
        if int(beside.core.arrival[0]) == before:  # it fitted, and nobody was asked
            assert operations == (Add(record=record),)
            beside.act(action_of(np.array([len(walk.records)]), OVER))
        beside.store.apply(operations)
        if arrival + 1 < len(walk.records):
            beside.share_reads(arrival)
    assert beside.compared > 30
    told = {"stale", "moved", "unique_moved", "first", "latest", "reads", "saving", "similarity"}
    told |= {"unique_recent", "unique_early", "unique_often", "unique_fine"}
    assert told <= beside.told
    assert (beside.operations[[0, 2, 3]] > 5).all()
