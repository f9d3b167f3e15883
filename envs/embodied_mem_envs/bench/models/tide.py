"""What each kind of error costs a detector: TIDE (Bolya et al. 2020, arXiv:2008.08115, section 2).

A detection is right where its mask overlaps a thing of its category, that no better scored one has
taken, by half or more. The wrong ones are of five kinds, and what no detection explains is missed.
What a kind costs is how much the average precision would rise were it mended.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, final

import numpy as np

from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float64Array

Kind = Literal["right", "class", "place", "both", "duplicate", "background"]
KINDS: Final[tuple[Kind, ...]] = ("class", "place", "both", "duplicate", "background")
RIGHT_OVERLAP: Final = 0.5
LEAST_OVERLAP: Final = 0.1
_RECALLS: Final = np.linspace(0.0, 1.0, 101)


class Detection(NamedTuple):
    """One detection, judged."""

    category: str
    score: float
    kind: Kind
    thing: int
    """Index of the thing that it is of, or should be of; -1 for none."""


@final
class Tide:
    """Collects the detections of many frames, and tells what the errors cost."""

    def __init__(self) -> None:
        self.things: list[str] = []
        """The category of every thing in every frame."""
        self.detections: list[Detection] = []

    def add(self, truth: Segmentation, found: Segmentation) -> None:
        """Judges the detections of one frame."""
        first = len(self.things)
        self.things += truth.categories
        overlap = overlaps(found, truth)
        free = np.ones(len(truth), dtype=bool)
        own = np.array([[a == b for b in truth.categories] for a in found.categories], dtype=bool)
        own = own.reshape(len(found), len(truth))
        for k in np.argsort(-found.confidence, kind="stable"):
            kind, thing = _judge(overlap[k], own[k], free)
            self.detections.append(
                Detection(
                    found.categories[k],
                    float(found.confidence[k]),
                    kind,
                    first + thing if thing >= 0 else -1,
                )
            )

    def missed(self) -> frozenset[int]:
        """Returns the things that no detection found, nor a wrong class or place explains."""
        explained = {d.thing for d in self.detections if d.kind in ("right", "class", "place")}
        return frozenset(set(range(len(self.things))) - explained)

    def average_precision(self) -> float:
        """Returns the mean over the categories, per cent."""
        return self._precision(self.detections, frozenset())

    def costs(self) -> dict[str, float]:
        """Returns by how many points the average precision would rise without each kind."""
        base = self.average_precision()
        costs: dict[str, float] = {
            kind: self._precision(self._mended(kind), frozenset()) - base for kind in KINDS
        }
        costs["missed"] = self._precision(self.detections, self.missed()) - base
        return costs

    def _mended(self, kind: Kind) -> list[Detection]:
        """Returns the detections with those of a kind put right, or else taken away."""
        taken = {d.thing for d in self.detections if d.kind == "right"}
        mended = []
        for d in sorted(self.detections, key=lambda d: -d.score):
            if d.kind != kind:
                mended.append(d)
            elif kind in ("class", "place") and d.thing not in taken:
                taken.add(d.thing)
                mended.append(Detection(self.things[d.thing], d.score, "right", d.thing))
        return mended

    def _precision(self, detections: Sequence[Detection], without: frozenset[int]) -> float:
        counts: dict[str, int] = {}
        for n, category in enumerate(self.things):
            counts[category] = counts.get(category, 0) + (n not in without)
        by_category: dict[str, list[Detection]] = {category: [] for category in counts}
        for detection in detections:
            by_category.setdefault(detection.category, []).append(detection)
        values = [
            _area(by_category[category], count) for category, count in counts.items() if count
        ]
        return 100.0 * float(np.mean(values)) if values else 0.0


def _judge(
    overlap: Float64Array,
    own: np.ndarray[tuple[int], np.dtype[np.bool_]],
    free: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> tuple[Kind, int]:
    """Returns the kind of one detection and its thing; takes the thing where it is right."""
    if not len(overlap):
        return "background", -1
    mine = np.where(own, overlap, 0.0)
    open_ = np.where(free, mine, 0.0)
    best = int(open_.argmax())
    if open_[best] >= RIGHT_OVERLAP:
        free[best] = False
        return "right", best
    others = np.where(own, 0.0, overlap)
    if LEAST_OVERLAP <= mine.max() < RIGHT_OVERLAP:
        return "place", int(mine.argmax())
    if others.max() >= RIGHT_OVERLAP:
        return "class", int(others.argmax())
    if mine.max() >= RIGHT_OVERLAP:
        return "duplicate", int(mine.argmax())
    if overlap.max() < LEAST_OVERLAP:
        return "background", -1
    return "both", int(others.argmax())


def _area(detections: Sequence[Detection], count: int) -> float:
    """Returns the area under precision over recall, at 101 points as COCO takes it."""
    ordered = sorted(detections, key=lambda d: -d.score)
    right = np.array([d.kind == "right" for d in ordered], dtype=np.float64)
    if not right.sum():
        return 0.0
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / count, _RECALLS, side="left")
    return float(np.append(precision, 0.0)[np.minimum(at, len(precision))].mean())


def overlaps(found: Segmentation, truth: Segmentation) -> Float64Array:
    """Returns (found, truth) intersection over union of the masks of one frame."""
    pairs = found.mask.astype(np.int64) * (len(truth) + 1) + truth.mask
    counts = np.bincount(pairs.ravel(), minlength=(len(found) + 1) * (len(truth) + 1))
    common = counts.reshape(len(found) + 1, len(truth) + 1)
    union = common.sum(axis=1)[1:, None] + common.sum(axis=0)[None, 1:] - common[1:, 1:]
    shares: Float64Array = common[1:, 1:] / np.maximum(union, 1)
    return shares
