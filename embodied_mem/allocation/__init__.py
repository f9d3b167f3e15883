"""Allocation: what is written, lowered and let go at each arrival."""

from embodied_mem.allocation.admit import Admission as Admission
from embodied_mem.allocation.admit import admit as admit
from embodied_mem.allocation.allocator import Allocator as Allocator
from embodied_mem.allocation.context import AllocationContext as AllocationContext
from embodied_mem.allocation.features import SlotFeatures as SlotFeatures
from embodied_mem.allocation.features import slot_features as slot_features
from embodied_mem.allocation.fifo import Fifo as Fifo
from embodied_mem.allocation.registry import make_allocator as make_allocator
from embodied_mem.allocation.value import ValueConfig as ValueConfig
from embodied_mem.allocation.value_per_byte import LeastValuePerByte as LeastValuePerByte
from embodied_mem.allocation.view import StoreView as StoreView

__all__ = [
    "Admission",
    "AllocationContext",
    "Allocator",
    "Fifo",
    "LeastValuePerByte",
    "SlotFeatures",
    "StoreView",
    "ValueConfig",
    "admit",
    "make_allocator",
    "slot_features",
]
