"""Unbounded streams: one vector a frame in a ring of constant size, and candidates on novelty."""

from embodied_mem.memory.stream.buffer import EVICTIONS as EVICTIONS
from embodied_mem.memory.stream.buffer import StreamBuffer as StreamBuffer
from embodied_mem.memory.stream.carrier import PictureCarrier as PictureCarrier
from embodied_mem.memory.stream.novelty import Novelty as Novelty
from embodied_mem.memory.stream.novelty import NoveltyConfig as NoveltyConfig

__all__ = ["EVICTIONS", "Novelty", "NoveltyConfig", "PictureCarrier", "StreamBuffer"]
