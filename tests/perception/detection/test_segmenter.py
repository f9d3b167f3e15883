from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.perception import Frame
from embodied_mem.perception.detection import Boxes, DetectingSegmenter, detecting_segmenter
from embodied_mem.perception.detection.vocabulary import STRUCTURE_WORDS, household_words
from embodied_mem.perception.masks import BoxDepthMasks
from embodied_mem.testing import check_segmenter
from painted_world import PaintedBox, PaintedWorld

NAMES = {3: "sofa", 9: "mug", 4: "book", 7: "wall"}


def world() -> PaintedWorld:
    boxes = [
        PaintedBox((2.0, y, 0.0), (2.3, y + 0.35, 0.5), (200, 60 * k, 40), instance)
        for k, (instance, y) in enumerate(zip(NAMES, (-1.0, -0.4, 0.2, 0.8), strict=True))
    ]
    return PaintedWorld(boxes, NAMES)


class SimulatedDetector:
    """Gives the boxes of a simulator's instances, as a detector without errors would."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.seen = {id(frame.observation.rgb): frame.observation for frame in frames}
        self.asked: list[tuple[int, tuple[str, ...]]] = []

    def detect(self, pictures: Sequence[np.ndarray], words: Sequence[str]) -> tuple[Boxes, ...]:
        self.asked.append((len(pictures), tuple(words)))
        return tuple(self.boxes(id(picture)) for picture in pictures)

    def boxes(self, picture: int) -> Boxes:
        instance = self.seen[picture].instance
        assert instance is not None
        shown = [k for k in NAMES if (instance == k).any()]
        corners = []
        for k in shown:
            rows, columns = np.nonzero(instance == k)
            corners.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        return Boxes(
            corners=np.array(corners, np.float32).reshape(-1, 4),
            words=tuple(NAMES[k] for k in shown),
            scores=np.linspace(0.9, 0.6, len(shown), dtype=np.float32),
        )


def test_things_are_cut_out_and_parts_of_the_building_are_background() -> None:
    frame = world().frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.4))
    instance = frame.observation.instance
    assert instance is not None
    detector = SimulatedDetector([frame])
    found = DetectingSegmenter(detector, BoxDepthMasks(), words=("sofa", "mug", "book")).segment(
        frame
    )
    assert found.categories == ("sofa", "mug", "book")
    np.testing.assert_allclose(found.confidence, [0.9, 0.8, 0.7], atol=1e-6)
    for k, name in enumerate(found.categories):
        (number,) = (number for number, given in NAMES.items() if given == name)
        there, mask = instance == number, found.mask == k + 1
        assert (there & mask).sum() / (there | mask).sum() > 0.8
    assert not found.mask[instance == 7].any()
    assert detector.asked == [(1, ("sofa", "mug", "book", *STRUCTURE_WORDS))]


def test_frames_are_looked_at_together() -> None:
    eyes = [(0.0, 0.0, 1.2), (0.2, 0.3, 1.0), (0.0, 0.0, 6.0)]
    frames = [world().frame(eye, (2.0, 0.0, 0.4), tick) for tick, eye in enumerate(eyes)]
    detector = SimulatedDetector(frames)
    segmenter = DetectingSegmenter(detector, BoxDepthMasks())
    together = segmenter.segment_all(frames)
    assert detector.asked == [(3, (*household_words(), *STRUCTURE_WORDS))]
    for frame, found in zip(frames, together, strict=True):
        alone = segmenter.segment(frame)
        np.testing.assert_array_equal(alone.mask, found.mask)
        assert alone.categories == found.categories
    assert segmenter.segment_all([]) == ()


def test_a_part_of_a_building_may_be_looked_for_as_a_thing() -> None:
    segmenter = DetectingSegmenter(SimulatedDetector([]), BoxDepthMasks(), words=("door", "bed"))
    assert segmenter.words[:2] == ("door", "bed")
    assert segmenter.words.count("door") == 1


def test_a_picture_without_anything_found_is_background() -> None:
    frame = world().frame((0.0, 0.0, 1.2), (-3.0, 0.0, 0.4))  # looks the other way
    found = DetectingSegmenter(SimulatedDetector([frame]), BoxDepthMasks()).segment(frame)
    assert not len(found) and not found.mask.any() and found.mask.shape == frame.shape


@pytest.mark.parametrize("name", ["grounding-dino", "grounding-dino+depth", "owlv2"])
def test_networks_with_random_weights_keep_the_contract(
    monkeypatch: pytest.MonkeyPatch, tiny_models: Path, name: str
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tiny_models))
    check_segmenter(lambda: detecting_segmenter(name))
