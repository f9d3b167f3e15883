"""What a machine is called in the key of a tuned setting: another processor or GPU is another."""

import os
import platform
from pathlib import Path
from typing import Final

_GPUS: Final = Path("/proc/driver/nvidia/gpus")


def machine_name() -> str:
    """Returns processor, cores that this process may use, and NVIDIA GPUs, in one line.

    Of this machine: one that is served from elsewhere changes its GPU unseen, and is tuned again
    when asked to.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([f"{_processor()} x {cores}", *_gpus()])


def _processor() -> str:
    return _line(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _gpus() -> list[str]:
    try:
        cards = sorted(_GPUS.iterdir())
    except OSError:
        return []
    return [_line(card / "information", "Model") or "an NVIDIA GPU" for card in cards]


def _line(path: Path, name: str) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
