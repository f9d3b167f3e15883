import numpy as np
import pytest

from embodied_mem.allocation.neighbours import Neighbours


def unit(rng: np.random.Generator) -> np.ndarray:
    vector = rng.normal(size=16).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_are_those_of_an_exhaustive_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kept: dict[int, np.ndarray] = {}
    neighbours = Neighbours()
    neighbours.reserve(12)
    for _ in range(120):
        index = int(rng.integers(12))
        if rng.random() < 0.4:
            neighbours.remove(np.array([index]))
            kept.pop(index, None)
        else:
            kept[index] = unit(rng)
            neighbours.put(index, kept[index])
        without = rng.choice(12, 2, replace=False)
        asked = np.array(sorted(set(kept) - set(without.tolist())), int)
        found = neighbours.best(asked, without)
        for each, best in zip(asked.tolist(), found.tolist(), strict=True):
            others = [v for i, v in kept.items() if i != each and i not in without]
            expected = max((float(kept[each] @ v) for v in others), default=-1.0)
            assert best == pytest.approx(expected, abs=1e-6)


def test_what_has_no_vector_is_like_nothing() -> None:
    neighbours = Neighbours()
    neighbours.reserve(3)
    neighbours.put(0, np.zeros(16, np.float32))
    neighbours.put(1, unit(np.random.default_rng(0)))
    assert neighbours.best(np.arange(2), np.array([], int)).tolist() == [0.0, -1.0]


def test_room_is_made_without_losing_any() -> None:
    rng = np.random.default_rng(1)
    neighbours, vector = Neighbours(), unit(rng)
    neighbours.reserve(2)
    neighbours.put(0, vector)
    neighbours.put(1, vector)
    neighbours.reserve(50)
    neighbours.put(49, unit(rng))
    assert neighbours.best(np.array([0]), np.array([], int))[0] == pytest.approx(1.0)
