"""Models whose weights are on this machine, through `transformers` (extra `models`)."""

from embodied_mem.models.local.client import Transformers as Transformers
from embodied_mem.models.local.config import TransformersConfig as TransformersConfig

__all__ = ["Transformers", "TransformersConfig"]
