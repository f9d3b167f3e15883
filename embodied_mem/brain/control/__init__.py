"""The brainstem of an arm: a fixed-rate loop with limits, reflexes, a watchdog and safe stops.

`ControlLoop` does one tick; the hosts run it in the brain's thread, in a thread of its own or in a
process of its own that goes on when the brain hangs or dies. `Clock` says what model calls cost.
"""

from embodied_mem.brain.control.clock import Clock, ClockMode, Thought
from embodied_mem.brain.control.limits import JointLimits
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.reflexes import ReflexConfig, ReflexEvent

__all__ = [
    "Clock",
    "ClockMode",
    "ControlLoop",
    "JointLimits",
    "ReflexConfig",
    "ReflexEvent",
    "Thought",
]
