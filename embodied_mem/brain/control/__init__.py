"""The brainstem of an arm: a fixed-rate loop with limits, reflexes, a watchdog and safe stops.

`ControlLoop` does one tick; the hosts run it in the brain's thread, in a thread of its own or in a
process of its own that goes on when the brain hangs or dies. `Clock` says what model calls cost.
"""

from embodied_mem.brain.control.clock import Clock, ClockMode, Thought
from embodied_mem.brain.control.host import CommandSource, ControlHost, Mailbox
from embodied_mem.brain.control.lateness import Lateness, Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.process_host import ProcessHost, run_in_process
from embodied_mem.brain.control.reflexes import ReflexConfig, ReflexEvent
from embodied_mem.brain.control.thread_host import ThreadHost, run_in_thread
from embodied_mem.robots.safety.joint_limits import JointLimits

__all__ = [
    "Clock",
    "ClockMode",
    "CommandSource",
    "ControlHost",
    "ControlLoop",
    "JointLimits",
    "Lateness",
    "Mailbox",
    "Pacer",
    "ProcessHost",
    "ReflexConfig",
    "ReflexEvent",
    "Thought",
    "ThreadHost",
    "run_in_process",
    "run_in_thread",
]
