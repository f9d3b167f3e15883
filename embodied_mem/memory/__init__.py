"""Memory: the record, the store, how it is queried, and the typed facts that records hold."""

from embodied_mem.memory.filter import Filter as Filter
from embodied_mem.memory.record import Add as Add
from embodied_mem.memory.record import Delete as Delete
from embodied_mem.memory.record import Link as Link
from embodied_mem.memory.record import MemoryRecord as MemoryRecord
from embodied_mem.memory.record import Noop as Noop
from embodied_mem.memory.record import Operation as Operation
from embodied_mem.memory.record import RecordIds as RecordIds
from embodied_mem.memory.record import Update as Update
from embodied_mem.memory.retriever import Retriever as Retriever
from embodied_mem.memory.store import MemoryStore as MemoryStore

__all__ = [
    "Add",
    "Delete",
    "Filter",
    "Link",
    "MemoryRecord",
    "MemoryStore",
    "Noop",
    "Operation",
    "RecordIds",
    "Retriever",
    "Update",
]
