"""A segmenter: whatever is of a vivid colour and large enough is a thing."""

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY, Segmentation

LEAST_SATURATION = 90
LEAST_PIXELS = 40


class Vivid:
    """Finds connected regions of saturated colour; it has no names for them."""

    def segment(self, frame: Frame) -> Segmentation:
        """Returns one mask a region."""
        hue, saturation, value = cv2.split(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2HSV))
        vivid = (saturation >= LEAST_SATURATION) & (value > 40) & frame.valid
        mask, confidence = np.zeros(frame.shape, np.int32), []
        for band in range(6):  # regions of different hues that touch are different things
            own = (vivid & (hue // 30 == band)).astype(np.uint8)
            count, regions, stats, _ = cv2.connectedComponentsWithStats(own)
            for region in range(1, count):
                size = int(stats[region, cv2.CC_STAT_AREA])
                if size >= LEAST_PIXELS:
                    confidence.append(min(1.0, size / 400.0))
                    mask[regions == region] = len(confidence)
        return Segmentation(
            mask=mask,
            categories=(UNKNOWN_CATEGORY,) * len(confidence),
            confidence=np.array(confidence, np.float32),
        )
