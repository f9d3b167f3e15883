"""Feeds a long stream to a buffer in a process of its own, and tells what memory that took.

`python -m embodied_mem_envs.bench.sat.stream_process FRAMES` prints one JSON object.
"""

import json
import sys
import time

import numpy as np

from embodied_mem.memory.stream import Novelty, PictureCarrier, StreamBuffer
from embodied_mem_envs.bench.scene import resident_mb

_PICTURES = 64
"""Different pictures that the stream is made of, each as large as a camera's."""


def long_stream(frames: int, size: int = 64) -> dict[str, list[float]]:
    """Streams pictures through carrier, ring and gate.

    Returns:
        `frames`, ten points from 1000 on, with the resident memory in MB (`resident_mb`) and the
        CPU seconds spent (`cpu_s`) by then.
    """
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (_PICTURES, 120, 160, 3), np.uint8)
    carrier = PictureCarrier()
    buffer = StreamBuffer(size, carrier.dimension)
    gate = Novelty(carrier.dimension)
    marks = np.unique(np.geomspace(1000, frames, 10).astype(int)).tolist()
    found: dict[str, list[float]] = {"frames": [], "resident_mb": [], "cpu_s": []}
    start = time.process_time()
    for tick in range(frames):
        vector = carrier(pictures[int(rng.integers(_PICTURES)) if tick % 50 < 5 else 0])
        buffer.push(vector, tick)
        gate.observe(vector, tick)
        if tick + 1 in marks:
            found["frames"].append(tick + 1)
            found["resident_mb"].append(resident_mb())
            found["cpu_s"].append(time.process_time() - start)
    return found


if __name__ == "__main__":
    json.dump(long_stream(int(sys.argv[1])), sys.stdout)
