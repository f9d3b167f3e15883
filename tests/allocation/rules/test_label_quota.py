"""Quotas for labels that grow: bare, and as an allocator of a real store."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.allocation import AllocationContext, StoreView
from embodied_mem.allocation.registry import make_allocator
from embodied_mem.allocation.rules.label_quota import By, Label, LabelQuota
from embodied_mem.allocation.rules.quota_allocator import QuotaAllocator
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.testing import check_allocator

SEAT, TABLE = ("seat",), ("table",)
CHAIR, SOFA, DESK = ("seat", "chair"), ("seat", "sofa"), ("table", "desk")


def fill(stream: list[Label], slots: int, by: By = "depth,label", seed: int = 0) -> list[Label]:
    """Lets labels stream through a buffer of some slots."""
    rule, rng = LabelQuota(by), np.random.default_rng(seed)
    held: list[Label] = []
    for label in stream:
        rule.meet(label)
        if len(held) < slots:
            held.append(label)
        elif (slot := rule.choose(held, label, rng)) is not None:
            held[slot] = label
    return held


def test_what_is_outgrown_makes_room_first() -> None:
    held = Counter(fill([SEAT] * 50 + [TABLE] * 50 + [CHAIR] * 6 + [SOFA] * 50, 12))
    assert SEAT not in held and held[TABLE] >= 5 and held[CHAIR] >= 3


def test_branches_that_are_not_told_apart_yet_are_not_crowded_out() -> None:
    many = [("seat", str(kind)) for kind in range(8)] * 20
    stream = [SEAT, TABLE] * 40 + many
    assert Counter(fill(stream, 20))[TABLE] >= 9
    assert Counter(fill(stream, 20, "label"))[TABLE] <= 3


def test_a_flat_quota_keeps_as_many_of_each() -> None:
    held = Counter(fill([CHAIR] * 100 + [SOFA] * 30 + [DESK] * 7, 15, "label"))
    assert max(held.values()) - min(held.values()) <= 1


def test_what_is_kept_of_a_label_is_a_uniform_sample() -> None:
    """Of 40 records of one label 8 are kept: each in a fifth of all runs."""
    runs, kept = 1500, Counter[int]()
    for seed in range(runs):
        rule, rng = LabelQuota(), np.random.default_rng(seed)
        held: list[int] = []
        for number in range(40):
            rule.meet(CHAIR)
            if len(held) < 8:
                held.append(number)
            elif (slot := rule.choose([CHAIR] * 8, CHAIR, rng)) is not None:
                held[slot] = number
        kept.update(held)
    shares = np.array([kept[number] / runs for number in range(40)])
    assert abs(shares - 0.2).max() < 0.05


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([SEAT, TABLE, CHAIR, SOFA, DESK]), min_size=1, max_size=60),
    st.integers(1, 9),
    st.sampled_from(["label", "depth,label"]),
)
def test_any_stream_gives_slots_that_there_are(stream: list[Label], slots: int, by: By) -> None:
    held = fill(stream, slots, by)
    assert len(held) == min(slots, len(stream)) and set(held) <= set(stream)
    assert held == fill(stream, slots, by)


def test_wrong_quotas_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'label'"):
        LabelQuota("labels")  # type: ignore[arg-type]


def offer(allocator: QuotaAllocator, store: MemoryStore, number: int, label: Label) -> None:
    record = MemoryRecord(
        id=f"{number:032x}",
        kind="snapshot",
        content={"label": list(label)},
        payload=(np.random.default_rng(number).bytes(30_000),),
        recorded_at=number,
        valid_from=number,
    )
    operations = allocator.propose(StoreView(store), record, AllocationContext(tick=number))
    store.apply(operations)


def test_a_store_keeps_labels_by_their_quotas() -> None:
    store, allocator = MemoryStore(budget_bytes=2 << 20, seed=1), QuotaAllocator()
    stream = [SEAT] * 60 + [TABLE] * 10 + [CHAIR] * 80 + [SOFA] * 40
    for number, label in enumerate(stream):
        offer(allocator, store, number, label)
    held = Counter(tuple(record.content["label"]) for record in store.records(payload=False))
    assert SEAT not in held and held[TABLE] >= 8
    assert abs(held[CHAIR] - held[SOFA]) <= 3 and held[CHAIR] > 8
    assert store.verify().ok


def test_it_keeps_the_contract_of_allocators() -> None:
    check_allocator(QuotaAllocator)
    check_allocator(lambda: make_allocator("label_quota"))
