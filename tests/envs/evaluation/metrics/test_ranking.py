import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.metrics import mrr, ndcg_at_k, recall_at_k, reciprocal_rank

RANKED = ["d", "a", "x", "b", "c"]


def test_recall_is_as_worked_by_hand() -> None:
    relevant = {"a", "b", "z"}
    shares = [recall_at_k(RANKED, relevant, k) for k in range(1, 7)]
    assert shares == pytest.approx([0.0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3], abs=1e-9)


def test_ndcg_is_as_worked_by_hand() -> None:
    gains = {"a": 3.0, "b": 2.0, "c": 1.0}
    # a at rank 2, b at 4, c at 5; best: 3, 2, 1 at ranks 1 to 3.
    found = 3 / math.log2(3) + 2 / math.log2(5) + 1 / math.log2(6)
    best = 3 / 1 + 2 / math.log2(3) + 1 / 2
    assert best == pytest.approx(4.761859507142915, abs=1e-9)
    assert ndcg_at_k(RANKED, gains, 5) == pytest.approx(found / best, abs=1e-9)
    assert found == pytest.approx(1.8927892607 + 0.8613531161 + 0.3868528072, abs=1e-9)
    assert ndcg_at_k(RANKED, gains, 5) == pytest.approx(0.6596152573, abs=1e-9)
    # Of two places only a is found, and the best two would be a and b.
    two = (3 / math.log2(3)) / (3 + 2 / math.log2(3))
    assert ndcg_at_k(RANKED, gains, 2) == pytest.approx(two, abs=1e-9)
    assert ndcg_at_k(RANKED, gains, 1) == 0.0


def test_reciprocal_ranks_are_as_worked_by_hand() -> None:
    assert reciprocal_rank(RANKED, {"b", "c"}) == pytest.approx(0.25, abs=1e-9)
    assert reciprocal_rank(RANKED, {"z"}) == 0.0
    pairs = [(RANKED, {"d"}), (RANKED, {"x"}), (RANKED, {"z"}), (RANKED, {"c", "a"})]
    assert mrr(pairs) == pytest.approx((1 + 1 / 3 + 0 + 1 / 2) / 4, abs=1e-9)


ORDERS = st.permutations(list(range(8)))
WANTED = st.sets(st.integers(0, 9), min_size=1)


@given(ORDERS, WANTED, st.integers(1, 10))
def test_all_measures_are_shares_and_recall_grows(
    ranked: list[int], relevant: set[int], k: int
) -> None:
    gains = dict.fromkeys(relevant, 1.0)
    for share in (recall_at_k(ranked, relevant, k), ndcg_at_k(ranked, gains, k)):
        assert 0.0 <= share <= 1.0 + 1e-12
    assert recall_at_k(ranked, relevant, k) <= recall_at_k(ranked, relevant, k + 1)
    assert (reciprocal_rank(ranked, relevant) > 0.0) == bool(relevant & set(ranked))


@given(ORDERS, st.lists(st.floats(0.1, 9.0), min_size=8, max_size=8), st.integers(1, 8))
def test_the_best_order_is_worth_everything(ranked: list[int], worth: list[float], k: int) -> None:
    gains = dict(enumerate(worth))
    best = sorted(ranked, key=lambda each: -gains[each])
    assert ndcg_at_k(best, gains, k) == pytest.approx(1.0, abs=1e-12)
    assert ndcg_at_k(ranked, gains, k) <= 1.0 + 1e-12


@given(ORDERS, WANTED, st.integers(1, 6))
def test_moving_something_relevant_forward_never_hurts(
    ranked: list[int], relevant: set[int], place: int
) -> None:
    if ranked[place] not in relevant:
        return
    better = [*ranked]
    better[place - 1], better[place] = better[place], better[place - 1]
    gains = dict.fromkeys(relevant, 1.0)
    for k in range(1, 9):
        assert recall_at_k(better, relevant, k) >= recall_at_k(ranked, relevant, k)
        assert ndcg_at_k(better, gains, k) >= ndcg_at_k(ranked, gains, k) - 1e-12
    assert reciprocal_rank(better, relevant) >= reciprocal_rank(ranked, relevant)


def test_what_cannot_be_judged_is_refused() -> None:
    for call in (
        lambda: recall_at_k(RANKED, [], 3),
        lambda: recall_at_k(RANKED, ["a"], 0),
        lambda: recall_at_k(["a", "a"], ["a"], 1),
        lambda: ndcg_at_k(RANKED, {}, 3),
        lambda: ndcg_at_k(RANKED, {"a": 0.0}, 3),
        lambda: ndcg_at_k(RANKED, {"a": math.inf}, 3),
        lambda: reciprocal_rank(RANKED, []),
        lambda: mrr([]),
    ):
        with pytest.raises(EvaluationError):
            call()
