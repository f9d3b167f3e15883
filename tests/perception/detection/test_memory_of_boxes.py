"""What a memory is worth whose instances come from boxes, were the boxes without errors."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.perception import Frame, Segmentation
from embodied_mem.perception.detection import Boxes, DetectingSegmenter
from embodied_mem.perception.masks import BoxDepthMasks, MaskMaker
from embodied_mem.perception.masks.maker import inside_boxes
from embodied_mem.types import BoolArray, Float32Array, Observation
from embodied_mem_envs.bench.scene import observations
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.house import House, HouseConfig, generate_house

SEEDS = (41,)
FRAMES = 90


class TrueBoxes:
    """A segmenter with the boxes of what really shows."""

    def __init__(self, masks: MaskMaker) -> None:
        self.segmenter = DetectingSegmenter(self, masks)
        self.seen: Observation | None = None

    def segment(self, frame: Frame) -> Segmentation:
        self.seen = frame.observation
        return self.segmenter.segment(frame)

    def detect(self, pictures: Sequence[np.ndarray], words: Sequence[str]) -> tuple[Boxes, ...]:
        seen = self.seen
        assert seen is not None and seen.instance is not None and len(pictures) == 1
        corners, names = [], []
        for number in np.unique(seen.instance):
            rows, columns = np.nonzero(seen.instance == number)
            if int(number) in seen.labels and len(rows) >= 60:
                corners.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
                names.append(seen.labels[int(number)])
        return (
            Boxes(
                corners=np.array(corners, np.float32).reshape(-1, 4),
                words=tuple(names),
                scores=np.full(len(names), 0.7, np.float32),
            ),
        )


class WholeBoxes:
    def masks(self, frame: Frame, corners: Float32Array) -> BoolArray:
        return inside_boxes(frame, corners)


def remembered(house: House, walk: Sequence[Observation], masks: MaskMaker) -> float:
    """The share of what showed that is remembered by its name within half a metre."""
    tracker = ShownTracker(thing.id for thing in house.objects)
    hippocampus = build_hippocampus(segmenter=TrueBoxes(masks))
    for seen in walk:
        tracker.update(seen, house.instance_to_object)
        hippocampus.observe(seen)
    shown = set(tracker.shown(2))
    table = hippocampus.scene.objects
    rows = [row for row in range(table.count) if table.live[row] and table.views[row] >= 2]
    centres = (table.low[rows] + table.high[rows]) / 2
    apart = np.array(
        [
            [
                float(np.linalg.norm(centre - thing.position))
                if table.category[row] == thing.category
                else 9.0
                for row, centre in zip(rows, centres, strict=True)
            ]
            for thing in house.objects
            if thing.id in shown
        ]
    )
    assert len(apart) > 5
    first, second = linear_sum_assignment(np.minimum(apart, 9.0))
    return float(np.count_nonzero(apart[first, second] < 0.5) / len(apart))


def test_masks_from_depth_make_a_memory_that_whole_boxes_do_not() -> None:
    by_depth, by_box = [], []
    for seed in SEEDS:
        house = generate_house(seed, HouseConfig(rooms=3))
        walk = list(islice(observations(house, seed, 320, 240), FRAMES))
        by_depth.append(remembered(house, walk, BoxDepthMasks()))
        by_box.append(remembered(house, walk, WholeBoxes()))
    assert np.mean(by_depth) > 0.9, by_depth
    assert np.mean(by_box) < np.mean(by_depth) - 0.1, by_box
