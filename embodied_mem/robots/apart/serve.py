"""Runs in another Python: one robot behind its gate, served to the process that asked.

`python -m embodied_mem.robots.apart.serve FOLDER PARENT` reads what to serve from a folder, says
on its standard output when it is ready, and lives no longer than its parent: when standard input
ends or the parent is gone, however that happened, the robot is brought to rest and the process
ends. A parent that only stands still (SIGSTOP) is the gate's watchdog's business.
"""

import json
import logging
import os
import shutil
import sys
from pathlib import Path

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem.robots.gateway.serving import serve
from embodied_mem.robots.settings import read_config

FAILED = "embodied-mem-apart: failed: "
"""A line of the standard output that begins so says why it does not serve."""
ROBOT = "robot.json"
"""The file in the folder that says which robot, as a table of a `RobotConfig`."""


def endpoint_in(folder: Path) -> str:
    """Returns where the robot of a folder is served."""
    return f"ipc://{folder}/robot"


def main(arguments: list[str]) -> int:
    """Serves until the parent is gone; returns the exit status."""
    folder, parent = Path(arguments[0]), int(arguments[1])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        table = json.loads((folder / ROBOT).read_text(encoding="utf-8"))
        serve(build_robot(read_config(RobotConfig, table)), endpoint_in(folder), parent=parent)
    except EmbodiedMemError as error:
        print(f"{FAILED}{error}", flush=True)
        return 1
    finally:
        # A parent that was killed cannot tidy up behind itself.
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    # The robot is at rest and let go: what a middleware does when libraries are unloaded is of no
    # use any more, and may hang.
    os._exit(main(sys.argv[1:]))
