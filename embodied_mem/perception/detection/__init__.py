"""Detection by words: Grounding DINO and OWLv2, and the segmenter made of them."""

from embodied_mem.perception.detection.boxes import Boxes as Boxes
from embodied_mem.perception.detection.boxes import Detector as Detector
from embodied_mem.perception.detection.grounding_dino import GroundingDino as GroundingDino
from embodied_mem.perception.detection.grounding_dino import (
    GroundingDinoConfig as GroundingDinoConfig,
)
from embodied_mem.perception.detection.overlapping import Overlapping as Overlapping
from embodied_mem.perception.detection.owlv2 import Owlv2 as Owlv2
from embodied_mem.perception.detection.owlv2 import Owlv2Config as Owlv2Config
from embodied_mem.perception.detection.registry import DETECTORS as DETECTORS
from embodied_mem.perception.detection.registry import detecting_segmenter as detecting_segmenter
from embodied_mem.perception.detection.segmenter import DetectingSegmenter as DetectingSegmenter
from embodied_mem.perception.detection.suppression import Suppression as Suppression
from embodied_mem.perception.detection.vocabulary import household_words as household_words
from embodied_mem.perception.network import Placement as Placement

__all__ = [
    "DETECTORS",
    "Boxes",
    "DetectingSegmenter",
    "Detector",
    "GroundingDino",
    "GroundingDinoConfig",
    "Overlapping",
    "Owlv2",
    "Owlv2Config",
    "Placement",
    "Suppression",
    "detecting_segmenter",
    "household_words",
]
