"""Perception: from one observation to instance masks and descriptors."""

from embodied_mem.perception.colour import COLOUR_TERMS as COLOUR_TERMS
from embodied_mem.perception.colour import basic_colour as basic_colour
from embodied_mem.perception.colour import colour_votes as colour_votes
from embodied_mem.perception.descriptor import ColourShapeEmbedder as ColourShapeEmbedder
from embodied_mem.perception.error_model import EVEN_ERRORS as EVEN_ERRORS
from embodied_mem.perception.error_model import ErrorModel as ErrorModel
from embodied_mem.perception.frame import Frame as Frame
from embodied_mem.perception.frame import default_stride as default_stride
from embodied_mem.perception.frame import make_frame as make_frame
from embodied_mem.perception.geometric import GeometricConfig as GeometricConfig
from embodied_mem.perception.geometric import GeometricSegmenter as GeometricSegmenter
from embodied_mem.perception.instance import InstanceSegmenter as InstanceSegmenter
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY as UNKNOWN_CATEGORY
from embodied_mem.perception.segmentation import Embedder as Embedder
from embodied_mem.perception.segmentation import Segmentation as Segmentation
from embodied_mem.perception.segmentation import Segmenter as Segmenter

__all__ = [
    "COLOUR_TERMS",
    "EVEN_ERRORS",
    "UNKNOWN_CATEGORY",
    "ColourShapeEmbedder",
    "Embedder",
    "ErrorModel",
    "Frame",
    "GeometricConfig",
    "GeometricSegmenter",
    "InstanceSegmenter",
    "Segmentation",
    "Segmenter",
    "basic_colour",
    "colour_votes",
    "default_stride",
    "make_frame",
]
