"""Masks of the things in boxes: by SAM 2, or by depth alone."""

from embodied_mem.perception.masks.depth import BoxDepthConfig as BoxDepthConfig
from embodied_mem.perception.masks.depth import BoxDepthMasks as BoxDepthMasks
from embodied_mem.perception.masks.maker import MaskMaker as MaskMaker
from embodied_mem.perception.masks.sam2 import Sam2Config as Sam2Config
from embodied_mem.perception.masks.sam2 import Sam2Masks as Sam2Masks

__all__ = ["BoxDepthConfig", "BoxDepthMasks", "MaskMaker", "Sam2Config", "Sam2Masks"]
