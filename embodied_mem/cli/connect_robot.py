"""What `connect` does with a robot: check it, then serve it or let the brain have it."""

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, final

import msgspec
import numpy as np

from embodied_mem.cli.check_table import print_checks
from embodied_mem.cli.operator import Operator
from embodied_mem.cli.outcome import Outcome, write_outcome
from embodied_mem.cli.result import write_result
from embodied_mem.cli.robot_memory import RobotMemoryConfig, robot_brain, visit_of
from embodied_mem.cli.status_line import StatusLine
from embodied_mem.errors import ConfigError, RecordingError
from embodied_mem.files import write_text
from embodied_mem.robots.config import RobotConfig, build_robot, load_robot

if TYPE_CHECKING:
    from embodied_mem.brain.brain import Brain
    from embodied_mem.cli.connect import Connect
    from embodied_mem.robots import Body, Robot
    from embodied_mem.robots.trajectory import Trajectory


def connect(flags: "Connect") -> int:
    """Connects to the robot that the flags name; returns the exit status."""
    config = robot_config(flags)
    trajectory = _trajectory(flags)
    with build_robot(config, patience=flags.patience) as robot:
        errors = print_checks(f"Robot {robot.info.name}", robot.checks())
        if errors:
            print(f"{errors} check(s) failed: nothing was sent", file=sys.stderr)
            return 1
        if flags.dry_run:
            return 0
        if flags.serve:
            return _serve(robot, flags)
        if trajectory is not None:
            return _follow(robot, trajectory, flags)
        return RobotSession(flags, config, robot).run()


def robot_config(flags: "Connect") -> RobotConfig:
    """Reads which robot is meant, with what `--set` changes.

    Raises:
        ConfigError: If there is no such robot, or a setting is wrong.
    """
    overrides: dict[str, object] = {}
    for pair in flags.set:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair}: expected KEY=VALUE, such as options.domain=7")
        overrides[name] = _value(text)
    if "://" in flags.robot:
        overrides["options.endpoint"] = flags.robot
        if flags.keys is not None:
            overrides["options.keys"] = str(flags.keys)
        return load_robot("gateway", overrides)
    return load_robot(flags.robot, overrides)


def _value(text: str) -> object:
    """Reads a value as TOML does, and anything else as a text."""
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text


def _serve(robot: "Robot", flags: "Connect") -> int:
    from embodied_mem.robots.gateway.server import GatewayServer

    with (
        Operator(estop=robot.estop, reset=robot.reset) as operator,
        GatewayServer(robot, flags.serve, keys=flags.keys) as server,
        StatusLine(lambda: describe(robot)),
    ):
        print(f"serving {robot.info.name} at {server.endpoint}", flush=True)
        while not operator.finish:
            time.sleep(0.1)
    return 0


def _trajectory(flags: "Connect") -> "Trajectory | None":
    from embodied_mem.robots.trajectory import Trajectory

    if flags.task != "follow":
        return None
    if flags.trajectory is None:
        raise ConfigError("--task follow needs --trajectory FILE")
    try:
        found = msgspec.json.decode(flags.trajectory.read_bytes(), type=dict[str, list[object]])
        return Trajectory(
            joints=msgspec.convert(found["joints"], tuple[str, ...]),
            positions=np.array(found["positions"], np.float64),
            times=np.array(found["times"], np.float64),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RecordingError(f"{flags.trajectory} is no trajectory: {error}") from error


def _follow(robot: "Robot", trajectory: "Trajectory", flags: "Connect") -> int:
    with Operator(estop=robot.estop, reset=robot.reset), StatusLine(lambda: describe(robot)):
        followed = robot.follow(trajectory)
    print(f"{followed.status}: {followed.reason}" if followed.reason else followed.status)
    print(f"worst error {followed.worst_error:.4f} rad")
    if flags.json is not None:
        metrics = {
            "done": float(followed.status == "done"),
            "worst_error_rad": followed.worst_error,
        }
        write_result(flags.json, "connect", flags, metrics)
    return 0 if followed.status == "done" else 1


def describe(robot: "Robot") -> str:
    """Returns a line on how a robot is doing."""
    health, sent = robot.health, robot.last_sent
    state = f"STOPPED: {health.stopped}" if health.stopped else "free"
    oldest = max(health.ages.values(), default=0.0)
    return (
        f"{state} | forward {sent.forward:+.2f} m/s turn {sent.turn:+.2f} rad/s | "
        f"{health.rate_hz:.0f} Hz | oldest sensor {oldest * 1000:.0f} ms"
    )


@final
class RobotSession:
    """One visit of the brain to a robot: explore or watch, remember, answer."""

    def __init__(self, flags: "Connect", config: RobotConfig, robot: "Robot") -> None:
        self.flags = flags
        self.robot = robot
        self.memory = RobotMemoryConfig(
            task=flags.task,
            segmenter=self._segmenter(),
            embedder=flags.embedder,
            allocator=flags.allocator,
            consolidate=flags.consolidate,
            correct_drift=flags.correct_drift,
            budget_bytes=flags.budget_bytes,
            seed=flags.seed,
            ticks=max(1, round(flags.seconds / robot.seconds_per_tick)),
            speed=config.speed,
            turn_rate=config.turn_rate,
            reaction=config.reaction,
        )

    def run(self) -> int:
        """Runs the task and writes what came of it; returns 0."""
        with ExitStack() as stack:
            body = self._body(stack)
            brain = robot_brain(self.memory, body, self.flags.out / "robot.mem", self.flags.resume)
            stack.enter_context(brain.hippocampus.store)
            with (
                StatusLine(lambda: self._line(brain)),
                Operator(estop=self.robot.estop, reset=self.robot.reset) as operator,
            ):
                self._live(brain, operator)
            return self._finish(brain)

    def _segmenter(self) -> str:
        if self.flags.segmenter != "auto":
            return self.flags.segmenter
        return "instance" if "instance" in self.robot.observation_features else "geometric"

    def _body(self, stack: ExitStack) -> "Body":
        if self.flags.record is None:
            return self.robot
        from embodied_mem.robots.recorded import record

        return stack.enter_context(record(self.robot, self.flags.record, task=self.flags.task))

    def _live(self, brain: "Brain", operator: Operator) -> None:
        from embodied_mem.viz.live import open_live

        log = open_live(self.flags.rerun)
        end = time.monotonic() + self.flags.seconds
        try:
            visit_of(brain, self.memory)(
                self.memory.ticks,
                lambda: log.log(brain.hippocampus),
                until=lambda: operator.finish or time.monotonic() > end,
            )
        finally:
            if self.flags.task == "explore":
                self.robot.gate.bring_to_rest("the task has ended")
            log.close()

    def _line(self, brain: "Brain") -> str:
        area = brain.hippocampus.scene.occupancy.explored_area
        return f"{describe(self.robot)} | {brain.exploration.ticks} frames, {area:.0f} m2 seen"

    def _finish(self, brain: "Brain") -> int:
        metrics = finish_visit(
            brain, self.memory, self.flags.out, self.flags.question, record=self.flags.record
        )
        health = self.robot.health
        metrics |= {"commands_sent": float(health.sent), "commands_refused": float(health.refused)}
        lost = self.robot.readings.lost
        metrics |= {f"lost_{name.replace(' ', '_')}": float(n) for name, n in lost.items()}
        if self.flags.json is not None:
            write_result(self.flags.json, "connect", self.flags, metrics)
        return 0


def finish_visit(
    brain: "Brain",
    memory: RobotMemoryConfig,
    folder: Path,
    questions: tuple[str, ...],
    *,
    record: Path | None = None,
) -> dict[str, float]:
    """Answers, writes pictures, report and how to run it again; returns the metrics.

    Args:
        brain: Whose visit has ended.
        memory: What the brain was made of.
        folder: Where everything goes.
        questions: What to ask.
        record: A recording of the visit, beside which is told what a replay must give.
    """
    hippocampus = brain.hippocampus
    hippocampus.consolidate()
    hippocampus.store.compact()  # nobody goes back behind the end of a visit
    digest = hippocampus.store.digest()
    outcome = Outcome(
        title=f"Visit: {memory.task}",
        memory_path=folder / "robot.mem",
        answers=tuple(hippocampus.recall(text) for text in questions),
        timings=brain.timer.means(),
        facts={
            "ticks": brain.exploration.ticks,
            "metres": round(brain.exploration.metres, 2),
            "explored_all": float(brain.exploration.finished),
        },
    )
    metrics = write_outcome(folder, hippocampus.store, outcome)
    result = {
        "schema": 1,
        "memory": msgspec.to_builtins(memory),
        "memory_digest": digest,
        "answers": msgspec.to_builtins(outcome.answers),
    }
    for place in (folder, *([] if record is None else [record])):
        write_text(place / "visit.json", json.dumps(result, indent=1, sort_keys=True) + "\n")
    return {**metrics, **outcome.facts}
