"""Allocators by name."""

from collections.abc import Callable, Mapping
from typing import Final

from embodied_mem.allocation.allocator import Allocator
from embodied_mem.allocation.fifo import Fifo
from embodied_mem.allocation.value_per_byte import LeastValuePerByte
from embodied_mem.plugins import load_plugin

ALLOCATORS: Final[Mapping[str, Callable[[], Allocator]]] = {
    "fifo": Fifo,
    "value": LeastValuePerByte,
}
"""The built-in ones; others come through the entry-point group `embodied_mem.allocators`."""


def make_allocator(name: str) -> Allocator:
    """Makes an allocator by its name.

    Raises:
        ConfigError: If no allocator has that name; the nearest name is suggested.
    """
    allocator: Allocator = load_plugin("allocator", name, ALLOCATORS)()
    return allocator
