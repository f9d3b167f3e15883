"""Perception: from one observation to instance masks and descriptors."""

from embodied_mem.perception.frame import Frame as Frame
from embodied_mem.perception.frame import default_stride as default_stride
from embodied_mem.perception.frame import make_frame as make_frame
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY as UNKNOWN_CATEGORY
from embodied_mem.perception.segmentation import Embedder as Embedder
from embodied_mem.perception.segmentation import Segmentation as Segmentation
from embodied_mem.perception.segmentation import Segmenter as Segmenter

__all__ = [
    "UNKNOWN_CATEGORY",
    "Embedder",
    "Frame",
    "Segmentation",
    "Segmenter",
    "default_stride",
    "make_frame",
]
