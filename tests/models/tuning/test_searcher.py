import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.models.tuning.searcher import SearchConfig, Searcher
from embodied_mem.models.tuning.space import Space
from embodied_mem_envs.bench.models.tuning import BUDGET, search_random, search_tuned
from embodied_mem_envs.bench.models.tuning_landscapes import generated

SMALL = Space(concurrency=(1, 2, 4, 8), batch=(1, 2, 4), max_tokens=(64, 128))


def test_a_quarter_of_the_points_finds_nearly_the_best() -> None:
    ours: list[float] = []
    drawn: list[float] = []
    for seed in range(1000, 1012):
        landscape = generated(seed)
        count = int(BUDGET * len(landscape.space))
        for found, search in ((ours, search_tuned), (drawn, search_random)):
            rng = np.random.default_rng(seed)
            found.append(landscape.share(search(landscape, count, rng)))
    assert np.median(ours) >= 0.95
    assert np.mean(ours) > np.mean(drawn) + 0.05


def test_a_search_that_was_cut_off_goes_on_in_the_same_way() -> None:
    landscape, rng = generated(1000), np.random.default_rng(0)
    whole = Searcher(landscape.space, measurements=30, seed=3)
    told = []
    for _ in range(30):
        point = whole.next()
        told.append((point, landscape.measure(point, rng)))
        whole.tell(*told[-1])
    for cut in (0, 5, 13, 28):
        again = Searcher(landscape.space, measurements=30, seed=3)
        for point, goodput in told[:cut]:
            again.tell(point, goodput)
        for point, goodput in told[cut:]:
            assert again.next() == point
            again.tell(point, goodput)
        assert again.best() == whole.best()


def test_points_are_measured_once_and_the_best_few_again() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(len(SMALL))
    searcher = Searcher(SMALL, measurements=20, config=SearchConfig(again=0.3, few=2))
    order = []
    for _ in range(20):
        order.append(searcher.next())
        searcher.tell(order[-1], truth[order[-1]])
    assert len(set(order[:14])) == 14
    assert len(set(order[14:])) == 2 and set(order[14:]) < set(order[:14])
    assert searcher.best() == max(order, key=lambda point: truth[point])


def test_luck_is_not_taken_for_merit() -> None:
    """The highest single measurement was luck: measured again, it falls behind."""
    searcher = Searcher(SMALL, measurements=len(SMALL) + 4, config=SearchConfig(again=4 / 28))
    seen: dict[int, int] = {}
    for _ in range(len(SMALL) + 4):
        point = searcher.next()
        seen[point] = seen.get(point, 0) + 1
        value = {7: 3.0 if seen[point] == 1 else 0.5, 11: 2.0}.get(point, 1.0)
        searcher.tell(point, value)
    assert seen[7] > 1 and searcher.best() == 11


def test_where_nothing_is_any_good_there_is_no_best() -> None:
    searcher = Searcher(SMALL, measurements=len(SMALL))
    assert searcher.best() is None
    for _ in range(len(SMALL)):
        searcher.tell(searcher.next(), 0.0)
    assert searcher.best() is None
    searcher.tell(3, 0.1)
    assert searcher.next() in range(len(SMALL))


@pytest.mark.parametrize("goodput", [-1.0, float("nan"), float("inf")])
def test_a_goodput_that_is_none_is_refused(goodput: float) -> None:
    with pytest.raises(ConfigError, match="goodput"):
        Searcher(SMALL, measurements=4).tell(0, goodput)
