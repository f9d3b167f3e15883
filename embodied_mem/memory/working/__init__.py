"""Working memory: what a planner has before its eyes, and handles of what is too long to read."""

from embodied_mem.memory.working.editing import CloseAndSummarise as CloseAndSummarise
from embodied_mem.memory.working.editing import Editor as Editor
from embodied_mem.memory.working.editing import KeepAll as KeepAll
from embodied_mem.memory.working.handles import Handle as Handle
from embodied_mem.memory.working.handles import HandleTable as HandleTable
from embodied_mem.memory.working.handles import Result as Result
from embodied_mem.memory.working.memory import Section as Section
from embodied_mem.memory.working.memory import WorkingMemory as WorkingMemory

__all__ = [
    "CloseAndSummarise",
    "Editor",
    "Handle",
    "HandleTable",
    "KeepAll",
    "Result",
    "Section",
    "WorkingMemory",
]
