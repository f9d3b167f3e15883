"""Least loss per byte first, last layers first, and a smaller target drops a superset."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.memory.shrink_plan import DroppableLayers, drop_order, plan_shrink

chains = st.lists(
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 4)), min_size=1, max_size=6),
    min_size=1,
    max_size=12,
)


def flat(chains: list[list[tuple[int, float]]]) -> DroppableLayers:
    """The layers of all chains, shuffled."""
    rows = [
        (owner, position, size, loss)
        for owner, chain in enumerate(chains)
        for position, (size, loss) in enumerate(chain)
    ]
    np.random.default_rng(len(rows)).shuffle(rows)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return DroppableLayers(**dict(zip(("owner", "position", "size", "loss"), columns, strict=True)))


@settings(deadline=None)
@given(chains=chains, share=st.floats(0, 1.2))
def test_a_plan_frees_enough_and_keeps_the_order(
    chains: list[list[tuple[int, float]]], share: float
) -> None:
    layers = flat(chains)
    owner, position, size = layers.owner, layers.position, layers.size
    wanted = round(share * float(size.sum()))
    chosen = plan_shrink(layers, wanted)
    assert len(set(chosen.tolist())) == len(chosen)
    if wanted <= size.sum():
        assert size[chosen].sum() >= wanted
        assert size[chosen[:-1]].sum() < max(wanted, 1)
    else:
        assert len(chosen) == len(size)
    for one in range(len(chains)):
        dropped = position[chosen[owner[chosen] == one]].tolist()
        assert dropped == list(range(len(chains[one]) - 1, len(chains[one]) - 1 - len(dropped), -1))


@settings(deadline=None)
@given(chains=chains, targets=st.lists(st.integers(0, 9000), min_size=2, max_size=5))
def test_smaller_targets_drop_supersets(
    chains: list[list[tuple[int, float]]], targets: list[int]
) -> None:
    layers = flat(chains)
    plans = [plan_shrink(layers, target).tolist() for target in sorted(targets)]
    for few, many in pairwise(plans):
        assert many[: len(few)] == few
    losses = [layers.loss[plan].sum() for plan in plans]
    assert all(a <= b + 1e-9 for a, b in pairwise(losses))


@settings(deadline=None, max_examples=40)
@given(
    chains=st.lists(
        st.lists(
            st.tuples(st.integers(1, 6), st.integers(0, 8).map(float)), min_size=1, max_size=3
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whole_steps_of_the_hull_lose_the_least_possible(
    chains: list[list[tuple[int, float]]],
) -> None:
    """Where a plan ends between two costs, no choice of that many bytes loses less."""
    layers = flat(chains)
    least = {0: 0.0}
    for chain in chains:
        tails = [(0, 0.0)]
        for nbytes, cost in reversed(chain):
            tails.append((tails[-1][0] + nbytes, tails[-1][1] + cost))
        joined: dict[int, float] = {}
        for freed, lost in least.items():
            for nbytes, cost in tails:
                key = freed + nbytes
                joined[key] = min(joined.get(key, np.inf), lost + cost)
        least = joined
    order = drop_order(layers)
    freed, lost = np.cumsum(layers.size[order]), np.cumsum(layers.loss[order])
    lower = np.array([min(c for b, c in least.items() if b >= f) for f in freed])
    hull = _lower_hull(np.array([0, *freed]), np.array([0.0, *lost]))
    for corner in hull[1:]:
        assert lost[corner - 1] <= lower[corner - 1] + 1e-9
    assert lost[-1] == lower[-1]


def _lower_hull(x: np.ndarray, y: np.ndarray) -> list[int]:
    kept: list[int] = []
    for point in range(len(x)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (y[b] - y[a]) * (x[point] - x[a]) < (y[point] - y[a]) * (x[b] - x[a]) - 1e-12:
                break
            kept.pop()
        kept.append(point)
    return kept


def test_a_cheap_layer_behind_a_dear_one_waits() -> None:
    """Owner 0 would lose 9 for 1 byte before it could free 100 for nothing."""

    def order(of_other: float) -> list[int]:
        layers = DroppableLayers(
            owner=np.array([0, 0, 1]),
            position=np.array([1, 2, 5]),
            size=np.array([100, 1, 50]),
            loss=np.array([0.0, 9.0, of_other]),
        )
        return drop_order(layers).tolist()

    assert order(of_other=3.0) == [2, 1, 0]
    assert order(of_other=5.0) == [1, 0, 2]


def test_nothing_to_drop() -> None:
    none = np.zeros(0, np.int64)
    empty = DroppableLayers(owner=none, position=none, size=none, loss=none)
    assert plan_shrink(empty, 100).tolist() == []
    one = np.ones(1, np.int64)
    single = DroppableLayers(owner=one, position=one, size=one, loss=one)
    assert plan_shrink(single, 0).tolist() == []
    assert plan_shrink(single, 5).tolist() == [0]
    assert plan_shrink(single, 1).tolist() == [0]
