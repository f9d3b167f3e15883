"""Forgets in a process of its own that is killed in the middle: `python -m ... FOLDER AT NAMES`.

It counts the calls of functions of the memory and of the system that it makes, and sends itself
SIGKILL at call number AT; with AT = 0 it is not killed and prints how many there were.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import final

from embodied_mem.memory import MemoryStore

_INSIDE = f"{os.sep}embodied_mem{os.sep}memory{os.sep}"


def forget_and_die(folder: Path, at: int, names: Sequence[str]) -> int:
    """Forgets in a process that is killed at a call.

    Returns:
        How many calls there were, where it was not killed (`at` 0 or beyond the last); else -1.

    Raises:
        RuntimeError: If it ends in any other way.
    """
    run = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), str(at), *names],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if run.returncode == -signal.SIGKILL:
        return -1
    if run.returncode:
        raise RuntimeError(f"the process that forgets failed: {run.stderr[-800:]}")
    return int(run.stdout)


@final
class _Fuse:
    def __init__(self, at: int) -> None:
        self.at = at
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event not in ("call", "c_call") or _INSIDE not in frame.f_code.co_filename:
            return
        self.calls += 1
        if self.calls == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def _main() -> None:
    folder, at, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    store = MemoryStore(folder)
    fuse = _Fuse(at)
    sys.setprofile(fuse)
    store.forget(about=names)
    sys.setprofile(None)
    store.close()
    print(fuse.calls)


if __name__ == "__main__":
    _main()
