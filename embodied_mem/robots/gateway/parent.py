"""A process that serves a robot for another one, and lives no longer than that."""

import faulthandler
import os
import select
import sys
import threading

_LOOK_EVERY = 0.25
"""Whether the parent is still there is looked at this often, s; its pipe tells at once, but may be
held open by other children of a parent that was killed."""
_LONGEST_END = 10.0
"""Bringing the robot to rest and closing it may take so long, s; the robot's own timeout has it
then."""


def end_with(parent: int, over: threading.Event) -> None:
    """Has this process end when its parent is gone or has closed our standard input.

    Args:
        parent: Its process id.
        over: Is set then; whoever waits for it has 10 s to end the process. After that it is
            ended where it stands, and says on the standard error where that was.
    """
    threading.Thread(target=_watch, args=(parent, over), name="parent", daemon=True).start()


def _watch(parent: int, over: threading.Event) -> None:
    while os.getppid() == parent and not _input_ended():
        pass
    # By a thread outside of Python: a middleware that hangs may hold up all those inside.
    faulthandler.dump_traceback_later(_LONGEST_END, exit=True)
    over.set()


def _input_ended() -> bool:
    """Looks for a moment whether our standard input has ended."""
    number = sys.stdin.fileno()
    return bool(select.select([number], [], [], _LOOK_EVERY)[0]) and not os.read(number, 4096)
