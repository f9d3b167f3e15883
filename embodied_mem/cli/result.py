"""The one shape of every measured result, and the machine that it was measured on."""

import json
import math
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.files import write_text

SCHEMA = 1


def machine() -> dict[str, str | int]:
    """Describes the machine: processor, cores that this process may use, Python, system."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def _cores() -> int:
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return models[0] if models else platform.processor() or platform.machine()


def write_result(
    path: Path,
    command: str,
    config: object,
    metrics: Mapping[str, float | int | None],
    **extra: object,
) -> None:
    """Writes a result as JSON with sorted keys, whole or not at all.

    Args:
        path: File to write; its folder is made.
        command: The verb, such as `bench scene`.
        config: A dataclass, struct or mapping; paths in it become strings.
        metrics: Name to number; a number that is not finite becomes null.
        **extra: Further top-level entries, made of what JSON or msgspec can hold.

    Raises:
        TypeError: If an entry cannot be written as JSON.
    """
    result = {
        "schema": SCHEMA,
        "command": command,
        "config": plain(config),
        "machine": machine(),
        "metrics": {name: _number(value) for name, value in metrics.items()},
        **{name: plain(value) for name, value in extra.items()},
    }
    write_text(path, json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def plain(value: object) -> Any:
    """Turns dataclasses, structs, paths and NumPy numbers into what JSON holds."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_hook)


def _hook(value: object) -> Any:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _number(value: float | int | None) -> float | int | None:
    number: float | int | None = plain(value)
    return number if number is None or math.isfinite(number) else None
