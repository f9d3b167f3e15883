"""What is left of a memory whose process was killed while it wrote.

Run as a module it is the process to be killed: it adds observations one at a time and says after
each that it was acknowledged.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.bench.store.peer_memories import Emem, Memory, Ours, make_stream

MEMORIES: dict[str, type[Ours] | type[Emem]] = {"ours": Ours, "emem": Emem}


def write_until_killed(name: str, folder: Path, size: int, seed: int) -> None:
    """Adds a stream one at a time and writes a byte to stdout after each; never closes."""
    stream = make_stream(size, 1, seed)
    memory: Memory = MEMORIES[name](folder)
    for row in range(size):
        memory.add(stream, range(row, row + 1))
        os.write(sys.stdout.fileno(), b".")
    signal.pause()


def killed_after(name: str, folder: Path, size: int, seed: int, wanted: int) -> int:
    """Kills a writer once `wanted` adds were acknowledged; returns how many were in the end.

    Raises:
        EvaluationError: If the writer ended by itself before that.
    """
    arguments = [name, str(folder), str(size), str(seed)]
    command = [sys.executable, "-m", __spec__.name, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        acknowledged = len(writer.stdout.read(wanted))
        writer.send_signal(signal.SIGKILL)
        acknowledged += len(writer.stdout.read())
    if acknowledged < wanted:
        raise EvaluationError(f"the writer into {name} stopped after {acknowledged} adds")
    return acknowledged


if __name__ == "__main__":
    write_until_killed(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
