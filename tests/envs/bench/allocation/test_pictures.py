"""Questions about a walked house, judged by the truth, and the comparison that comes of them."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation import AllocationContext, StoreView, make_allocator
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import ScorerNetwork, parameter_shapes
from embodied_mem.errors import ConfigError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, Noop, Update
from embodied_mem.memory.record import Operation
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.bench.allocation import pictures
from embodied_mem_envs.bench.allocation.pictures import bench_pictures, compare
from embodied_mem_envs.bench.allocation.pictures_hindsight import foreknown
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_measure import PicturesConfig, measure, screened
from embodied_mem_envs.bench.allocation.pictures_questions import (
    Judge,
    PictureQuestion,
    draw_questions,
)
from embodied_mem_envs.bench.allocation.pictures_reader import Reader
from embodied_mem_envs.bench.allocation.pictures_records import (
    records_of,
    thing_id,
    unlimited_bytes,
)
from embodied_mem_envs.bench.allocation.pictures_replay import Offer
from picture_walks import SEED, TINY, tiny_walk

SMALL = PicturesConfig(
    first_seed=SEED,
    houses=1,
    draws=2,
    screening=1,
    candidates=12,
    budgets=(20,),
    walk=dataclasses.replace(TINY, visits=1, pictures=15),
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(tiny_walk(), Recogniser(tiny_walk()))


@pytest.fixture(scope="module")
def offers(judge: Judge) -> list[Offer]:
    walk = tiny_walk()
    records = records_of(walk)
    return [Offer(walk, records, draw_questions(walk, seed), judge) for seed in range(8)]


class Spy:
    """Takes everything in, or nothing, and notes what it is told."""

    def __init__(self, takes: bool = True) -> None:
        self.takes = takes
        self.contexts: list[tuple[int, int, str | None]] = []

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        assert context.demand is not None
        seen = max(context.visits.values())
        self.contexts.append((context.demand.asked, seen, context.place))
        return (Add(record=candidate),) if self.takes else (Noop(),)


def asked(kind: str, *things: int, after: int, tick: int | None = None) -> PictureQuestion:
    return PictureQuestion(
        kind=kind, after=after, things=things, tick=tick, since=0, descriptor=np.zeros(8)
    )


def holding(records: Sequence[MemoryRecord]) -> Reader:
    store = MemoryStore()
    store.apply([Add(record=record) for record in records])
    return Reader(store)


# -- questions ----------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_questions() -> None:
    first, again, other = (draw_questions(tiny_walk(), seed) for seed in (4, 4, 5))
    assert [dataclasses.astuple(q)[:5] for q in first] == [
        dataclasses.astuple(q)[:5] for q in again
    ]
    assert [q.things for q in first] != [q.things for q in other]


def test_questions_are_about_what_was_shown_before(offers: list[Offer]) -> None:
    walk = tiny_walk()
    for question in (question for offer in offers for question in offer.questions):
        objects = walk.streams.objects[: question.after + 1]
        assert set(question.things) <= set(objects[objects >= 0].tolist())
        assert question.kind in KINDS
        if question.tick is not None:
            (row,) = np.flatnonzero(walk.streams.tick == question.tick)
            assert row <= question.after
            assert question.things[0] in walk.streams.objects[row]


def test_as_many_questions_come_in_the_end_as_on_the_way() -> None:
    walk = tiny_walk()
    after = np.array([question.after for question in draw_questions(walk, 1, after=1.0)])
    last = len(walk) - 1
    assert (after == last).sum() == len(walk) + 1
    assert len(draw_questions(walk, 1, after=0.0)) < len(after)


# -- verdicts -----------------------------------------------------------------------------------


def test_what_holds_everything_answers_nearly_everything(offers: list[Offer]) -> None:
    assert np.mean([offer.replay(Spy(), None).accuracy for offer in offers]) > 0.85


def test_what_holds_nothing_answers_nothing(offers: list[Offer]) -> None:
    for offer in offers:
        done = offer.replay(Spy(takes=False), None)
        assert done.held == 0
        assert not done.outcomes.any()


def _moved() -> tuple[int, int, int]:
    """Returns a thing that the walk showed at two places, and a candidate at each."""
    walk = tiny_walk()
    truth = walk.truth
    far = np.linalg.norm(truth.low[1] - truth.low[0], axis=1) > 1.5
    for thing in range(len(walk.categories)):
        rows, columns = np.nonzero(walk.streams.objects == thing)
        true = walk.true[rows, columns]
        visit = walk.streams.visit[rows]
        if len(set(true.tolist())) == 1 and true[0] >= 0 and far[true[0]] and set(visit) == {0, 1}:
            return thing, int(rows[visit == 0][0]), int(rows[visit == 1][-1])
    raise AssertionError("the walk shows nothing that was moved; choose another seed")


def test_an_old_place_is_right_for_then_and_wrong_for_now(judge: Judge) -> None:
    thing, before, after = _moved()
    walk, records = tiny_walk(), records_of(tiny_walk())
    old, new = holding([records[before]]), holding([records[after]])
    now = asked("recent", thing, after=len(walk) - 1)
    then = asked("at_time", thing, after=len(walk) - 1, tick=records[before].recorded_at)
    assert judge.ask(now, old).outcome == 0.0
    assert judge.ask(then, old).outcome == 1.0
    assert judge.ask(now, new).outcome == 1.0
    assert judge.ask(then, new).outcome == 0.0
    assert judge.ask(now, holding([records[before], records[after]])).records == (
        records[after].id,
    )


def test_of_a_pair_both_have_to_be_known(judge: Judge) -> None:
    walk, records = tiny_walk(), records_of(tiny_walk())
    index = int((walk.streams.objects >= 0).sum(axis=1).argmax())
    first, second = walk.streams.objects[index, :2].tolist()
    other = next(row for row, record in enumerate(records) if thing_id(second) not in record.about)
    pair = asked("pair", first, second, after=len(walk) - 1, tick=records[index].recorded_at)
    assert judge.ask(pair, holding([records[index]])).outcome == 1.0
    assert judge.ask(pair, holding([records[other]])).outcome == 0.0


def test_since_is_right_only_from_a_record_of_the_first_sighting(judge: Judge) -> None:
    walk, records = tiny_walk(), records_of(tiny_walk())
    counts = np.bincount(walk.streams.objects[walk.streams.objects >= 0])
    thing = int(counts.argmax())
    rows = np.flatnonzero((walk.streams.objects == thing).any(axis=1))
    first, late = int(rows[0]), int(rows[-1])
    assert records[late].recorded_at - records[first].recorded_at > 20
    question = dataclasses.replace(
        asked("since", thing, after=len(walk) - 1), since=records[first].recorded_at
    )
    assert judge.ask(question, holding([records[first]])).outcome == 1.0
    assert judge.ask(question, holding([records[late]])).outcome == 0.0


def test_a_count_that_is_off_counts_for_part(judge: Judge) -> None:
    walk, records = tiny_walk(), records_of(tiny_walk())
    whole, half = holding(records), holding(records[::6])
    outcomes = []
    for thing in range(len(walk.categories)):
        question = asked("count", thing, after=len(walk) - 1)
        outcomes.append([judge.ask(question, reader).outcome for reader in (whole, half)])
    by_all, by_half = np.mean(outcomes, axis=0)
    assert by_half < by_all
    assert by_all > 0.8
    assert any(0.0 < outcome < 1.0 for _, outcome in outcomes)


def test_looks_hang_on_the_level_that_is_held(judge: Judge) -> None:
    walk, records = tiny_walk(), records_of(tiny_walk())
    questions = [asked("looks", thing, after=0) for thing in range(len(walk.categories))]
    full, coarse = MemoryStore(), MemoryStore()
    full.apply([Add(record=record) for record in records])
    coarse.apply([Add(record=record) for record in records])
    coarse.apply([Update(id=record.id, tick=99, changes={"level": 1}) for record in records])
    right = [
        np.mean([judge.ask(question, Reader(store)).outcome for question in questions])
        for store in (full, coarse)
    ]
    assert right[0] > right[1] + 0.2


# -- replays ------------------------------------------------------------------------------------


def test_an_allocator_hears_of_visits_and_of_questions(offers: list[Offer]) -> None:
    spy = Spy()
    offers[0].replay(spy, None)
    asked_before = [count for count, _, _ in spy.contexts]
    after = np.array([question.after for question in offers[0].questions])
    assert asked_before == [int((after < index).sum()) for index in range(len(spy.contexts))]
    entered = [(before, here) for (*_, before), (*_, here) in pairwise(spy.contexts)]
    assert spy.contexts[-1][1] <= 1 + sum(before != here for before, here in entered)
    assert spy.contexts[-1][1] > 1


def test_knowing_the_questions_beats_the_rules_within_the_budget(offers: list[Offer]) -> None:
    known, ruled = [], []
    for offer in offers:
        limit = unlimited_bytes(offer.records) // 10
        best = foreknown(offer.records, offer.questions, offer.judge, limit)
        done = offer.replay(best, limit)
        assert done.bytes <= limit
        known.append(done.accuracy)
        rules = [make_allocator(name) for name in ("fifo", "value")]
        ruled.append(max(offer.replay(rule, limit).accuracy for rule in rules))
    assert np.mean(known) > np.mean(ruled) + 0.1


# -- the comparison -----------------------------------------------------------------------------


def test_the_gain_is_over_the_best_fixed_one_in_hindsight() -> None:
    accuracy = {
        "fifo": np.array([[0.2, 0.4], [0.3, 0.3]]),
        "value": np.array([[0.5, 0.5], [0.4, 0.6]]),
        "a": np.array([[0.6, 0.6], [0.5, 0.7]]),
        "b": np.array([[0.6, 0.6], [0.7, 0.9]]),
    }
    found = compare(accuracy, ["fifo", "value"], ["a", "b"])
    assert found["best_fixed"] == pytest.approx(0.5)
    assert found["learned"] == pytest.approx(0.65)
    assert found["gain"] == pytest.approx(15.0)
    assert found["gain_low"] < 15.0 < found["gain_high"]
    assert set(compare(accuracy, ["fifo", "value"], [])) == {"best_fixed"}


def test_everything_is_measured_on_the_same_walks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = PicturesConfig(
        first_seed=SEED,
        houses=1,
        draws=2,
        screening=1,
        candidates=20,
        budgets=(10, 40),
        walk=dataclasses.replace(TINY, pictures=15),
    )
    makers = {name: partial(make_allocator, name) for name in ("fifo", "value")}
    accuracy = measure(config, makers, note=lambda _: None)
    budgets = [f"{name}_{b}" for name in ("fifo", "value", "foreknown") for b in (10, 40)]
    assert set(accuracy) == {"unlimited", *budgets}
    assert all(values.shape == (1, 2) for values in accuracy.values())
    later = measure(config, makers, range(1, 2), note=lambda _: None)
    for name, values in accuracy.items():
        np.testing.assert_array_equal(values[:, 1:], later[name])
    assert accuracy["value_40"].mean() > accuracy["fifo_10"].mean()


def test_what_does_not_ship_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pictures, "_fixed", lambda: {"fifo": "fifo", "coverage": "coverage"})
    heard: list[str] = []
    missing = tmp_path / "nothing.json"
    metrics = bench_pictures(quick=True, note=heard.append, learned=[missing], config=SMALL)
    assert any("left out" in line and "nothing" in line for line in heard)
    assert set(metrics) == {
        "pictures_unlimited",
        "pictures_fifo_20",
        "pictures_coverage_20",
        "pictures_best_fixed_20",
        "pictures_foreknown_20",
    }


def test_a_learned_allocator_is_judged_beside_the_fixed_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pictures, "_fixed", lambda: {"fifo": "fifo", "lifo": "lifo"})
    rng = np.random.default_rng(0)
    shapes = parameter_shapes(len(SLOT_FEATURES), len(CONTEXT_FEATURES), 4)
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for path in files:
        weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        ScorerNetwork(weights).save(path)
    config = dataclasses.replace(SMALL, budgets=(10, 20))
    metrics = bench_pictures(quick=True, note=lambda _: None, learned=files, config=config)
    for budget in (10, 20):
        best = max(metrics[f"pictures_{name}_{budget}"] for name in ("fifo", "lifo"))
        gain = 100 * (metrics[f"pictures_learned_{budget}"] - best)
        assert metrics[f"pictures_best_fixed_{budget}"] == pytest.approx(best)
        assert metrics[f"pictures_gain_{budget}"] == pytest.approx(gain)
    share = metrics["pictures_learned_10"] / metrics["pictures_unlimited"]
    assert metrics["pictures_of_unlimited_10"] == pytest.approx(share)


def test_only_what_comes_near_the_best_at_some_budget_goes_on() -> None:
    accuracy = {
        "unlimited": np.array([[1.0]]),
        "foreknown_5": np.array([[0.9]]),
        "foreknown_20": np.array([[0.99]]),
        "fifo_5": np.array([[0.60]]),
        "fifo_20": np.array([[0.70]]),
        "value_5": np.array([[0.40]]),
        "value_20": np.array([[0.85]]),
        "lifo_5": np.array([[0.51]]),
        "lifo_20": np.array([[0.76]]),
    }
    config = PicturesConfig(budgets=(5, 20), margin=0.08)
    assert set(screened(config, accuracy)) == {"fifo", "value"}
    wide = PicturesConfig(budgets=(5, 20), margin=0.1)
    assert set(screened(wide, accuracy)) == {"fifo", "value", "lifo"}


def test_more_draws_for_screening_than_there_are_are_refused() -> None:
    with pytest.raises(ConfigError, match="screening"):
        PicturesConfig(draws=1, screening=2)
