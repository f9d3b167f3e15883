"""Allocation: what is written, lowered and let go at each arrival."""

from embodied_mem.allocation.admit import Admission as Admission
from embodied_mem.allocation.admit import admit as admit
from embodied_mem.allocation.allocator import Allocator as Allocator
from embodied_mem.allocation.context import AllocationContext as AllocationContext
from embodied_mem.allocation.demand import DemandProfile as DemandProfile
from embodied_mem.allocation.features import SlotFeatures as SlotFeatures
from embodied_mem.allocation.features import slot_features as slot_features
from embodied_mem.allocation.head_allocator import HeadAllocator as HeadAllocator
from embodied_mem.allocation.linear import LinearHead as LinearHead
from embodied_mem.allocation.policy import Policy as Policy
from embodied_mem.allocation.registry import load_policy as load_policy
from embodied_mem.allocation.registry import make_allocator as make_allocator
from embodied_mem.allocation.value import ValueConfig as ValueConfig
from embodied_mem.allocation.value_per_byte import LeastValuePerByte as LeastValuePerByte
from embodied_mem.allocation.view import StoreView as StoreView

__all__ = [
    "Admission",
    "AllocationContext",
    "Allocator",
    "DemandProfile",
    "HeadAllocator",
    "LeastValuePerByte",
    "LinearHead",
    "Policy",
    "SlotFeatures",
    "StoreView",
    "ValueConfig",
    "admit",
    "load_policy",
    "make_allocator",
    "slot_features",
]
