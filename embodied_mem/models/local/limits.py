"""Keeps a computation of `torch` within its time and its threads."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

from embodied_mem.errors import ModelTimeout


@final
class Deadline:
    """Ends a model's computation when its time is up, also while it reads a long prompt.

    It is asked before every layer, so that a call lasts no longer than one layer more.
    """

    def __init__(self, model: Any) -> None:
        import torch

        self._until: float | None = None
        self._given = 0.0
        for part in model.modules():
            if isinstance(part, torch.nn.ModuleList):
                for layer in part:
                    layer.register_forward_pre_hook(self._check)

    @contextmanager
    def running(self, until: float | None, given: float) -> Iterator[None]:
        """Surrounds a computation that may last until a time of `time.perf_counter`."""
        self._until, self._given = until, given
        try:
            yield
        finally:
            self._until = None

    def _check(self, *_: Any) -> None:
        if self._until is not None and time.perf_counter() > self._until:
            raise ModelTimeout(f"the model wrote no whole answer within {self._given:g} s")


@contextmanager
def threads(wanted: int) -> Iterator[None]:
    """Surrounds a computation on so many threads; 0: as many as there are CPUs for the process."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(wanted or _usable())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _usable() -> int:
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if said.isdigit() and int(said) > 0:
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
