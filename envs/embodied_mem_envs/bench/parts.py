"""Runs a bench that is made of parts."""

import importlib
import time
from collections.abc import Callable, Sequence

from embodied_mem.errors import MissingExtraError


def run_parts(
    package: str,
    parts: Sequence[tuple[str, str]],
    *,
    extra: str,
    quick: bool,
    note: Callable[[str], None],
) -> dict[str, float]:
    """Runs parts one after the other; one whose extra is missing is left out and named.

    Args:
        package: Where the parts' modules are.
        parts: Module and function of each.
        extra: What a module needs that cannot be imported.
        quick: Handed to each part.
        note: Hears what is being measured; handed to each part.
    """
    metrics: dict[str, float] = {}
    for module, function in parts:
        started = time.perf_counter()
        try:
            bench = getattr(importlib.import_module(f"{package}.{module}"), function)
        except ModuleNotFoundError as error:
            note(f"left out {module}: {MissingExtraError(str(error.name), extra)}")
            continue
        try:
            metrics |= bench(quick=quick, note=note)
        except MissingExtraError as error:
            note(f"left out {module}: {error}")
        note(f"{module}: {time.perf_counter() - started:.0f} s")
    return metrics
