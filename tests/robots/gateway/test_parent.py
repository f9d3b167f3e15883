"""A process that serves a robot ends when its parent does, even where something in it hangs."""

import os
import signal
import subprocess
import sys

CHILD = """
import ctypes, os, sys, threading
from embodied_mem.robots.gateway import parent
parent._LONGEST_END = 0.3
over = threading.Event()
parent.end_with(os.getppid(), over)
print(os.getpid(), flush=True)
over.wait()
if "hang" in sys.argv:
    ctypes.PyDLL(None).sleep(60)  # with the interpreter's lock, so that no other thread runs
print("over", flush=True)
"""
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdin=subprocess.PIPE)
# A sibling that has the pipe too, as a forked worker of a brain has it.
write = child.stdin.fileno()
sibling = subprocess.Popen(["sleep", "60"], pass_fds=[write], stdout=subprocess.DEVNULL)
print(sibling.pid, flush=True)
time.sleep(60.0)
"""


def child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_end_of_its_input_is_its_end() -> None:
    with child() as one:
        assert one.stdout is not None and one.stdout.readline()
        said, _ = one.communicate(timeout=20.0)
    assert (said, one.returncode) == ("over\n", 0)


def test_a_library_that_hangs_is_ended_and_named() -> None:
    with child("hang") as one:
        assert one.stdout is not None and one.stdout.readline()
        said, words = one.communicate(timeout=20.0)
    assert said == ""
    assert one.returncode == 1
    assert 'File "<string>", line 10' in words


def test_a_parent_that_is_killed_is_missed_though_others_hold_its_pipe() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
        try:
            # Standard output ends when the last who has it does: the child, after its word.
            assert parent.stdout.read() == "over\n"
        finally:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
