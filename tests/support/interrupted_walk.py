"""A recording as a crash leaves it just before its end."""

import shutil
import time
from pathlib import Path

from embodied_mem.recordings.lerobot import LeRobotWriter
from recorded_walk import WalkBody, commands, views


def interrupted(folder: Path, count: int) -> Path:
    """Records a walk, and copies the recording before it is closed.

    Returns:
        The journal of the copy, which lies in `<folder>-copy`.
    """
    writer = LeRobotWriter(folder)
    body = WalkBody(views(count))
    writer.begin(body)
    for view, command in zip(body.views, commands(count), strict=True):
        writer.observed(view)
        writer.acted(command, command)
    journal = folder / "journal/000000.log"
    deadline, size = time.monotonic() + 20.0, -1
    while time.monotonic() < deadline and (not journal.exists() or journal.stat().st_size != size):
        size = journal.stat().st_size if journal.exists() else -1
        time.sleep(0.3)
    copy = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, copy)
    writer.close()
    return copy / "journal/000000.log"
