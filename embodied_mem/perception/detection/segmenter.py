"""Instances by words: boxes of a detector, and masks of what is in them."""

from collections.abc import Sequence
from typing import final

import numpy as np

from embodied_mem.perception.detection.boxes import Boxes, Detector
from embodied_mem.perception.detection.overlapping import Overlapping, resolved
from embodied_mem.perception.detection.vocabulary import STRUCTURE_WORDS, household_words
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.masks.maker import MaskMaker
from embodied_mem.perception.segmentation import Segmentation


@final
class DetectingSegmenter:
    """Looks for things by words in the whole picture, and cuts them out at the frame's stride."""

    def __init__(
        self,
        detector: Detector,
        masks: MaskMaker,
        words: Sequence[str] = (),
        overlapping: Overlapping | None = None,
    ) -> None:
        """Sets the segmenter up.

        Args:
            detector: Finds boxes.
            masks: Makes masks of them.
            words: What to look for; the things of the house's catalogue where empty. Parts of a
                building are looked for, too, and are background.
            overlapping: Whose pixels are that several things claim.
        """
        self._detector = detector
        self._masks = masks
        self._overlapping = overlapping or Overlapping()
        things = tuple(words) or household_words()
        self._words = (*things, *(word for word in STRUCTURE_WORDS if word not in things))
        self._structure = frozenset(self._words[len(things) :])

    @property
    def words(self) -> tuple[str, ...]:
        """All that is looked for: things, then parts of a building."""
        return self._words

    def segment(self, frame: Frame) -> Segmentation:
        """Returns the masks of one frame."""
        return self.segment_all([frame])[0]

    def segment_all(self, frames: Sequence[Frame]) -> tuple[Segmentation, ...]:
        """Returns the masks of several frames; the detector looks at them together."""
        pictures = [frame.observation.rgb for frame in frames]
        found = self._detector.detect(pictures, self._words)
        return tuple(map(self._cut_out, frames, found))

    def _cut_out(self, frame: Frame, found: Boxes) -> Segmentation:
        things = found[np.array([word not in self._structure for word in found.words], dtype=bool)]
        masks = self._masks.masks(frame, things.corners)
        picture, kept = resolved(frame, masks, things.scores, self._overlapping)
        return Segmentation(
            mask=picture,
            categories=tuple(things.words[k] for k in kept),
            confidence=np.clip(things.scores[kept], 0.0, 1.0).astype(np.float32),
        )
