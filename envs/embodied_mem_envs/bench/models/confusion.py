"""The simulated detector's errors beside a published detector's.

Fresh houses are walked, every frame is segmented with the default `ErrorModel`, and the masks are
judged against the simulator's as TIDE judges (see `tide`). Beside what each kind of error costs
stands what it costs Mask R-CNN on COCO, and beside how often things are missed by the size that
they show, how its misses go with size; `perception.error_model` names the sources. The same for
the even errors that were the default before.

The average precision itself is not fitted and lies higher than Mask R-CNN's: that counts the whole
tail of detections with low scores, of which a detector that runs at a threshold shows none.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.perception.error_model import EVEN_ERRORS, LARGE, SMALL, ErrorModel
from embodied_mem.perception.frame import Frame, make_frame
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem_envs.bench.models.tide import Tide
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

Note = Callable[[str], None]

FIRST_SEED: Final = 2600
"""The numbers were fitted on the houses of seeds 0 to 5."""
PUBLISHED: Final[Mapping[str, float]] = {
    "class": 3.40,
    "place": 6.65,
    "both": 1.18,
    "duplicate": 0.19,
    "background": 3.96,
    "missed": 7.53,
}
"""Points of AP50 that each kind of error costs Mask R-CNN on COCO: `tidecv` 1.0.1's summary."""
PUBLISHED_AP: Final = 61.80
PUBLISHED_RECALL: Final = {"small": 0.335, "medium": 0.569, "large": 0.677}
"""Average recall of torchvision's Mask R-CNN on COCO by the size of things."""
_STEP: Final = 4
"""Every how many-th tick of the walk is looked at."""
_WIDTH: Final = 320


def bench_confusion(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `confusion`; see the module."""
    houses, frames = (2, 20) if quick else (8, 80)
    seeds = range(FIRST_SEED, FIRST_SEED + houses)
    models = {"confusion": ErrorModel(), "confusion_even": EVEN_ERRORS}
    judged = {name: [_House() for _ in seeds] for name in models}
    for n, seed in enumerate(seeds):
        for frame in _frames(seed, frames):
            truth = InstanceSegmenter().segment(frame)
            for name, model in models.items():
                found = InstanceSegmenter(model, seed).segment(frame)
                judged[name][n].add(truth, found)
    figures: dict[str, float] = {}
    for name, each in judged.items():
        figures |= _costs(name, each, note)
    figures |= _sizes(judged["confusion"], note)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table = {"published": dict(PUBLISHED)} | {
            name: [house.tide.costs() for house in each] for name, each in judged.items()
        }
        (out / "costs.json").write_text(json.dumps(table, indent=1) + "\n")
    return figures


def _frames(seed: int, count: int) -> list[Frame]:
    house = generate_house(seed)
    body = HouseBody(house, camera=CameraConfig(width=_WIDTH, height=_WIDTH * 3 // 4))
    body.connect()
    frames: list[Frame] = []
    for tick, (x, y, yaw) in enumerate(tour(house, seed)):
        if len(frames) == count:
            break
        if tick % _STEP == 0:
            body.place(x, y, yaw)
            body.tick = house.tick = tick
            frames.append(make_frame(body.observe(), 2))
    body.close()
    return frames


class _House:
    """What was found in one house, judged."""

    def __init__(self) -> None:
        self.tide = Tide()
        self.shares: list[float] = []
        """Share of the picture that each thing shows, in the order of `Tide.things`."""

    def add(self, truth: Segmentation, found: Segmentation) -> None:
        self.tide.add(truth, found)
        shown = np.bincount(truth.mask.ravel(), minlength=len(truth) + 1)[1:]
        self.shares += (shown / truth.mask.size).tolist()


def _costs(name: str, houses: list[_House], note: Note) -> dict[str, float]:
    costs = [house.tide.costs() for house in houses]
    means = {kind: mean_interval([each[kind] for each in costs]) for kind in PUBLISHED}
    ours = np.array([means[kind].mean for kind in PUBLISHED])
    published = np.array(list(PUBLISHED.values()))
    figures = {
        f"{name}_distance": float(np.abs(ours - published).mean()),
        f"{name}_shares_distance": float(
            0.5 * np.abs(ours / ours.sum() - published / published.sum()).sum()
        ),
        f"{name}_ap50": float(np.mean([house.tide.average_precision() for house in houses])),
    }
    for kind, estimate in means.items():
        figures[f"{name}_{kind}"] = estimate.mean
        note(
            f"{name}: {kind} costs {estimate.mean:.2f} points ({estimate.lo:.2f} to "
            f"{estimate.hi:.2f}); published {PUBLISHED[kind]:.2f}"
        )
    note(
        f"{name}: {figures[f'{name}_distance']:.2f} points apart on average, total variation of "
        f"the shares {figures[f'{name}_shares_distance']:.2f}; AP50 {figures[f'{name}_ap50']:.1f}, "
        f"published {PUBLISHED_AP:.1f}"
    )
    return figures


def _sizes(houses: list[_House], note: Note) -> dict[str, float]:
    """How often nothing at all was found of a thing, by the size that it shows."""
    missed, shares = [], []
    for house in houses:
        gone = house.tide.missed()
        missed += [n in gone for n in range(len(house.tide.things))]
        shares += house.shares
    share, lost = np.array(shares), np.array(missed)
    sizes = {
        "small": share < SMALL,
        "medium": (share >= SMALL) & (share < LARGE),
        "large": share >= LARGE,
    }
    rates = {size: float(lost[where].mean()) for size, where in sizes.items()}
    figures = {f"confusion_missed_{size}": rate for size, rate in rates.items()}
    for size in ("small", "medium"):
        published = (1.0 - PUBLISHED_RECALL[size]) / (1.0 - PUBLISHED_RECALL["large"])
        ours = rates[size] / rates["large"] if rates["large"] else float("inf")
        figures[f"confusion_missed_{size}_ratio"] = ours
        figures[f"published_missed_{size}_ratio"] = published
        note(f"{size} things missed {ours:.2f} times as often as large; published {published:.2f}")
    return figures
