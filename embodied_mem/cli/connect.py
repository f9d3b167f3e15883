"""`embodied-mem connect`: the same brain and memory on a robot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from embodied_mem.cli.sizes import ByteSize
from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Connect:
    """Connect to a robot through its safety gate: explore, remember and answer; or serve it.

    First everything is checked and printed as a table; nothing moves while a check is an error.
    Then the task runs. Space or s stops the robot at once, r ends the stop, q ends the task;
    Ctrl-C ends the task too, and stops the robot when it is pressed twice.
    """

    robot: tyro.conf.Positional[str]
    """A parameter file (TOML, as in launch/robots), a driver's name (`dds`, `ros2`, `franka`,
    `house`, ...), or the address of a gateway such as `tcp://127.0.0.1:5555`."""
    task: Literal["watch", "explore", "follow"] = "watch"
    """`watch` remembers and never moves, while somebody else drives; `explore` walks until nothing
    is left to explore; `follow` carries out `--trajectory` with an arm."""
    dry_run: bool = False
    """Check and print, then leave; nothing moves."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Changes a parameter, such as `--set options.domain=7` or `--set gate.watchdog=0.3`."""
    serve: str = ""
    """Serve the robot at this address instead, such as `tcp://127.0.0.1:5555` (extra `gateway`);
    `--keys` is required for any address that other machines can reach."""
    keys: Path | None = None
    """Folder with the gateway's keys; `python -m embodied_mem.robots.gateway --make-keys DIR`."""
    record: Path | None = None
    """Record into this folder as a LeRobotDataset v3 (extra `record`)."""
    replay: Path | None = None
    """Run a recording through the brain again instead of the robot; gives the same memory."""
    trajectory: Path | None = None
    """What `follow` carries out: a JSON file with `joints`, `positions` (rad) and `times` (s)."""
    seconds: float = 600.0
    """The task ends after this time at the latest."""
    patience: float = 30.0
    """How long to wait for a robot that has gone silent, s; it is stopped meanwhile."""
    segmenter: str = "auto"
    """`instance` (a robot with a detector of its own), `geometric` (depth and colour alone) or a
    plugin's name; `grounding-dino` and `owlv2` are detectors, see `run`. `auto` takes `instance`
    where the robot has it."""
    embedder: str = "colour-shape"
    """What things are known again by, see `run`."""
    consolidate: bool = False
    """Supersede, link and sum up what is remembered, at the end; see `inspect --consolidate`."""
    correct_drift: bool = False
    """Take poses for odometry that drifts, and put them and what was remembered by them right."""
    question: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """What to ask at the end, once for each question."""
    resume: Path | None = None
    """A memory of an earlier visit to go on from."""
    budget_bytes: ByteSize = 64 << 20
    """What the memory may take on the disk, at any time."""
    allocator: str = "learned"
    """What to give up where even that is not enough; see `run`."""
    seed: int = 0
    """What record ids are made from."""
    out: Path = Path("runs/robot")
    """Folder for the memory (`robot.mem`), the pictures and the report."""
    rerun: Path | None = None
    """Record the run for the Rerun viewer (extra `viz`)."""
    json: Path | None = None
    """Write metrics, timings and the machine as one JSON file."""

    def run(self) -> int:
        """Connects; returns 0, or 1 where a check is an error or the task was not done.

        Raises:
            ConfigError: If the flags do not go together.
        """
        if self.seconds <= 0.0 or self.patience <= 0.0:
            raise ConfigError("--seconds and --patience must be more than 0")
        if self.serve and (self.record or self.replay or self.task != "watch"):
            raise ConfigError("--serve only serves: leave --task, --record and --replay away")
        if self.replay is not None:
            from embodied_mem.cli.connect_replay import replay

            return replay(self)
        from embodied_mem.cli.connect_robot import connect

        return connect(self)
