"""An adapter for `embodied_mem_envs.worker` that goes wrong when it is told to.

Like any adapter it needs only the standard library and numpy, on Python 3.8 to 3.13.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np


class Refused(Exception):
    kind = "config"


def make(options):
    if options.get("refuse"):
        raise Refused("this scene is missing")
    if options.get("slow_open"):
        time.sleep(options["slow_open"])
    return Odd(options)


def _socket():
    return next(int(a.split("=")[1]) for a in sys.argv if a.startswith("--socket="))


class Odd:
    """Counts its ticks into its pictures; `how` happens once at tick `at`."""

    def __init__(self, options):
        self.how = options.get("how", "")
        self.at = options.get("at", -1)
        self.marker = options.get("marker", "")
        self.shape = (options.get("height", 8), options.get("width", 8))
        self.steady = options.get("steady", False)
        self.broken_frame = options.get("broken_frame", -1)
        self.tick = 0

    def describe(self):
        told = {"name": "odd", "version": "0", "steady": self.steady}
        return {**told, "labels": {"1": "thing"}, "state": self._state()}

    def planes(self):
        return {
            "rgb": ((*self.shape, 3), "uint8"),
            "depth": (self.shape, "float32"),
            "instance": (self.shape, "int32"),
        }

    def act(self, command):
        self.tick += 1
        if self.tick == self.at and self._first_time():
            self._go_wrong()
        return {"sent": command, "state": self._state()}

    def observe(self, planes):
        if self.tick == self.broken_frame:
            raise ValueError(f"no picture of tick {self.tick}")
        planes["rgb"][...] = self.tick % 256
        planes["depth"][...] = self.tick
        planes["instance"][...] = 1
        eye = np.eye(4).ravel().tolist()
        return {
            "T_world_body": eye,
            "T_world_camera": eye,
            "tick": self.tick,
            "proprioception": {"tilt": 0.0, "collided": 0.0},
            "seen": [1],
        }

    def restore(self, state):
        self.tick = state["tick"]
        return {"state": self._state()}

    def ask(self, question, arguments):
        if question == "python":
            return {"version": list(sys.version_info[:2]), "modules": sorted(sys.modules)}
        raise LookupError(question)

    def close(self):
        print("closed in order")

    def _state(self):
        return {"tick": self.tick}

    def _first_time(self):
        """A restarted worker does not go wrong again, where a marker file is given."""
        if not self.marker:
            return True
        if Path(self.marker).exists():
            return False
        Path(self.marker).touch()
        return True

    def _go_wrong(self):
        print("a line on the standard output")
        print(f"the last thing it said: {self.how}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        if self.how == "exit":
            os._exit(3)
        elif self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.how == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self.how == "sleep":
            time.sleep(1000)
        elif self.how == "garbage":
            os.write(_socket(), b"\xff\xff\xff\xff garbage on the pipe")
            time.sleep(1000)
        elif self.how == "no_json":
            os.write(_socket(), b"\x05\x00\x00\x00hello")
            time.sleep(1000)
        elif self.how == "raise":
            raise ValueError("the simulator fell over its feet")
        elif self.how == "chatter":
            for _ in range(3000):
                print("x" * 1000)
