"""What a buffer of constant size keeps of a long stream with short events in it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.memory.stream import EVICTIONS, Novelty, NoveltyConfig, StreamBuffer
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.bench.sat.streams import EventStream, drifting_stream, walk_stream
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]
_FIRST_SEED: Final = 1000
_EVENTS_IN: Final = 5000 / 60
"""Frames for each event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """What one buffer held in the end of one stream."""

    kept: float
    """Share of the events of which a frame is held."""
    recalled: float
    """Share of the events for which the vector most alike to their looks is one of theirs."""
    cpu_us: float
    """Of one push."""


def bench_stream(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures what is kept of drifting streams and of walks through houses, and what it costs.

    Streams have an event of 3 to 7 frames every 83 frames, and the buffer has 64 slots for 5000
    frames and 60 events. `stream_events_kept` and `stream_walk_kept` are shares of the events of
    which a frame is still held, `..._fifo` and `..._uniform` those of other evictions, `..._new`
    those of a buffer that only new frames come into; `..._lo` and `..._hi` are the ends of the 95 %
    interval over seeds. `stream_resident_change` is the largest
    change of the resident memory from frame 1000 on, as a share, over 100,000 frames in a process
    of its own.

    Args:
        quick: Fewer and shorter streams.
        note: Hears what was measured.
        out: Folder for `stream.json`, with every run.
    """
    frames, seeds = (2000, 3) if quick else (5000, 10)
    events, slots = round(frames / _EVENTS_IN), round(64 * frames / 5000)
    walks = 2 if quick else 5
    drifting = [
        drifting_stream(_FIRST_SEED + seed, frames=frames, events=events) for seed in range(seeds)
    ]
    metrics, runs = _measure("events", drifting, slots, note)
    walked = [
        walk_stream(_FIRST_SEED + seed, frames=frames, events=events) for seed in range(walks)
    ]
    of_walks, more = _measure("walk", walked, slots, note)
    process = _long_stream(10_000 if quick else 100_000)
    resident = np.array(process["resident_mb"])
    change = float(np.abs(resident / resident[0] - 1.0).max())
    spent, until = np.array(process["cpu_s"]), np.array(process["frames"])
    metrics |= of_walks | {
        "stream_resident_change": change,
        "stream_frame_cpu_us": float(1e6 * spent[-1] / until[-1]),
        "stream_late_cpu_ratio": float(
            (spent[-1] - spent[-2]) / (until[-1] - until[-2]) / (spent[0] / until[0])
        ),
    }
    note(
        f"resident memory within {100 * change:.2f} % from frame 1000 to {until[-1]:.0f}, "
        f"{metrics['stream_frame_cpu_us']:.0f} us of CPU a frame"
    )
    if out is not None:
        record = {"metrics": metrics, "events": runs, "walk": more, "process": process}
        write_record(out / "stream.json", record)
    return metrics


def _measure(
    name: str, streams: list[EventStream], slots: int, note: Note
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Runs every eviction and the gate over streams; returns metrics, and what each run gave."""
    runs: dict[str, list[float]] = {}
    metrics: dict[str, float] = {}
    for evict in EVICTIONS:
        held = [_keep(StreamBuffer(slots, s.vectors.shape[1], evict), s) for s in streams]
        suffix = "" if evict == "adjacent" else f"_{evict}"
        runs[f"kept{suffix}"] = [each.kept for each in held]
        runs[f"recalled{suffix}"] = [each.recalled for each in held]
        runs[f"push_us{suffix}"] = [each.cpu_us for each in held]
        estimate = mean_interval(runs[f"kept{suffix}"])
        label = f"stream_{name}_kept{suffix}"
        metrics |= {label: estimate.mean, f"{label}_lo": estimate.lo, f"{label}_hi": estimate.hi}
        metrics[f"stream_{name}_recalled{suffix}"] = float(np.mean(runs[f"recalled{suffix}"]))
        note(f"{label} {estimate.mean:.3f} ({estimate.lo:.3f} to {estimate.hi:.3f})")
    metrics[f"stream_{name}_push_us"] = float(np.mean(runs["push_us"]))
    gates = [_gate(stream, slots) for stream in streams]
    names = ("kept_new", "new_frames", "new_events")
    for key, values in zip(names, zip(*gates, strict=True), strict=True):
        runs[key] = list(values)
    estimate = mean_interval(runs["kept_new"])
    label = f"stream_{name}_kept_new"
    metrics |= {label: estimate.mean, f"{label}_lo": estimate.lo, f"{label}_hi": estimate.hi}
    note(f"{label} {estimate.mean:.3f} ({estimate.lo:.3f} to {estimate.hi:.3f})")
    metrics[f"stream_{name}_new_frames"] = float(np.mean(runs["new_frames"]))
    metrics[f"stream_{name}_new_events"] = float(np.mean(runs["new_events"]))
    return metrics, runs


def _keep(buffer: StreamBuffer, stream: EventStream) -> _Kept:
    start = time.process_time()
    for tick, vector in enumerate(stream.vectors):
        buffer.push(vector, tick)
    spent = time.process_time() - start
    events = len(stream.looks)
    shown = stream.event[buffer.ticks]
    units = buffer.vectors / np.linalg.norm(buffer.vectors, axis=1, keepdims=True)
    nearest = shown[(stream.looks @ units.T).argmax(axis=1)]
    return _Kept(
        kept=len(np.unique(shown[shown >= 0])) / events,
        recalled=float((nearest == np.arange(events)).mean()),
        cpu_us=1e6 * spent / len(stream.vectors),
    )


def _gate(stream: EventStream, slots: int) -> tuple[float, float, float]:
    """Lets only what is new into a buffer.

    Returns:
        The share of events of which a frame is held in the end, of frames that were let in, and of
        events of which one was.
    """
    gate = Novelty(stream.vectors.shape[1], NoveltyConfig(size=slots))
    new = [tick for tick, vector in enumerate(stream.vectors) if gate.observe(vector, tick)]
    events = len(stream.looks)
    held, let_in = (np.unique(stream.event[ticks]) for ticks in (gate.held.ticks, new))
    return (
        int((held >= 0).sum()) / events,
        len(new) / len(stream.vectors),
        int((let_in >= 0).sum()) / events,
    )


def _long_stream(frames: int) -> Mapping[str, list[float]]:
    """Runs `stream_process` and returns what it printed.

    Raises:
        EvaluationError: If it failed.
    """
    command = [sys.executable, "-m", "embodied_mem_envs.bench.sat.stream_process", str(frames)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EvaluationError(f"the process with the long stream failed: {done.stderr[-2000:]}")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found
