"""How near the best settings of a server a search comes in a quarter of the measurements.

On 100 generated landscapes of 224 settings, and on those recorded from real servers, several
searches each: the search of `tune-model`, random search, coordinate descent, what is asked where
nothing is tuned, and, with four times the measurements, every point once. All of them see noisy
measurements; what is judged is what the setting that they chose is truly worth, as a share of the
best (on recorded ones: the mean of its measurements). The search was developed with the seeds from
1000 on.

The recorded ones are from a machine that was shared: measurements of one point differ by a third,
so that the best mean of three is partly luck, and no search can be expected to come near it.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem.models.tuning.choices import Worth
from embodied_mem.models.tuning.searcher import Searcher
from embodied_mem_envs.bench.models.tuning_landscapes import Landscape, default_point, generated
from embodied_mem_envs.bench.models.tuning_record import FOLDER, recorded
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]
Search = Callable[[Landscape, int, np.random.Generator], int | None]

BUDGET: Final = 0.25
_WORTHS: Final[tuple[Worth, ...]] = ("calls", "tokens")
_FIRST_SEED: Final = 0
_DEVELOPED: Final = 1000
"""Seeds from here on were looked at while the search was made; where it has to be quick."""


def bench_tuning(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `tuning`; see the module."""
    first, count, times = (_DEVELOPED, 8, 2) if quick else (_FIRST_SEED, 100, 25)
    made = [generated(first + number) for number in range(count)]
    names = sorted(path.stem for path in asset_path(FOLDER).glob("*.json"))
    real = [recorded(name, worth) for name in names for worth in _WORTHS]
    figures: dict[str, float] = {"tune_landscapes": count, "tune_recorded_landscapes": len(real)}
    shares: dict[str, dict[str, list[float]]] = {}
    for kind, landscapes in (("generated", made), ("recorded", real * times)):
        shares[kind] = {}
        for name, search in SEARCHES.items():
            started = time.process_time()
            reached = [_reached(each, search, seed) for seed, each in enumerate(landscapes)]
            spent = (time.process_time() - started) / len(landscapes)
            shares[kind][name] = reached
            figures |= _figures(kind, name, reached, spent, note)
    ours = [figures[f"tune_{kind}_search_median"] for kind in shares]
    figures["tune_of_optimum"] = min(ours)
    figures["tune_share_of_points"] = max(
        measurements(each) / len(each.space) for each in (*made, *real)
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "shares_of_optimum.json").write_text(json.dumps(shares, indent=1) + "\n")
    return figures


def measurements(landscape: Landscape) -> int:
    """Returns how many measurements a search may make."""
    return int(BUDGET * len(landscape.space))


def search_tuned(landscape: Landscape, count: int, rng: np.random.Generator) -> int | None:
    """Searches as `tune-model` does."""
    seed = int(rng.integers(2**31))
    searcher = Searcher(landscape.space, measurements=count, seed=seed)
    for _ in range(count):
        point = searcher.next()
        searcher.tell(point, landscape.measure(point, rng))
    return searcher.best()


def search_random(landscape: Landscape, count: int, rng: np.random.Generator) -> int | None:
    """Measures different points at random and takes the highest."""
    points = rng.choice(len(landscape.space), count, replace=False)
    return int(max(points, key=lambda point: landscape.measure(int(point), rng)))


def search_by_axis(landscape: Landscape, count: int, rng: np.random.Generator) -> int | None:
    """Tries all values of one axis after the other and keeps the best; then from elsewhere.

    Begins with the default; where a round over the axes changes nothing, goes on from a point drawn
    at random. A point is measured once.
    """
    shape, known = landscape.space.shape, dict[int, float]()
    at = default_point(landscape.space)
    while len(known) < count:
        before = at
        for axis in rng.permutation(len(shape)):
            place = list(np.unravel_index(at, shape))
            line = []
            for value in range(shape[axis]):
                place[axis] = np.intp(value)
                line.append(int(np.ravel_multi_index(tuple(place), shape)))
            for point in line:
                if point not in known and len(known) < count:
                    known[point] = landscape.measure(point, rng)
            at = max((point for point in line if point in known), key=known.__getitem__, default=at)
        if at == before:
            at = int(rng.integers(len(landscape.space)))
    return max(known, key=known.__getitem__)


def take_default(landscape: Landscape, count: int, rng: np.random.Generator) -> int | None:
    """Measures nothing: one call after the other, the largest pictures and answers."""
    return default_point(landscape.space)


def measure_all(landscape: Landscape, count: int, rng: np.random.Generator) -> int | None:
    """Measures every point once, four times what the others may: what noise leaves to be found."""
    return int(np.argmax([landscape.measure(point, rng) for point in range(len(landscape.space))]))


SEARCHES: Final[dict[str, Search]] = {
    "search": search_tuned,
    "random": search_random,
    "by_axis": search_by_axis,
    "default": take_default,
    "every_point": measure_all,
}


def _reached(landscape: Landscape, search: Search, seed: int) -> float:
    point = search(landscape, measurements(landscape), np.random.default_rng([seed, 7]))
    return landscape.share(point)


def _figures(
    kind: str, name: str, reached: Sequence[float], seconds: float, note: Note
) -> dict[str, float]:
    mean = mean_interval(reached)
    median, low = float(np.median(reached)), float(np.quantile(reached, 0.1))
    note(
        f"{kind}, {name}: median {median:.3f} of the optimum, p10 {low:.3f}, mean {mean.mean:.3f} "
        f"[{mean.lo:.3f}, {mean.hi:.3f}], {100 * np.mean(np.array(reached) >= 0.95):.0f} % at "
        f"least 0.95, {seconds:.2f} s CPU each"
    )
    return {
        f"tune_{kind}_{name}_median": median,
        f"tune_{kind}_{name}_p10": low,
        f"tune_{kind}_{name}_mean": mean.mean,
        f"tune_{kind}_{name}_mean_lo": mean.lo,
        f"tune_{kind}_{name}_mean_hi": mean.hi,
    }
