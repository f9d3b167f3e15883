"""`connect --replay`: a recording runs through the brain again and gives the same memory."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from embodied_mem.cli.connect_robot import finish_visit
from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result
from embodied_mem.cli.robot_memory import RobotMemoryConfig, robot_brain, visit_of
from embodied_mem.errors import RecordingError

if TYPE_CHECKING:
    from embodied_mem.cli.connect import Connect


class _Visit(msgspec.Struct):
    """What a visit left beside its memory."""

    memory: RobotMemoryConfig
    memory_digest: str


def replay(flags: "Connect") -> int:
    """Replays a recording; returns 0 where the memory is the same as that of the visit."""
    from embodied_mem.robots.replay import ReplayBody

    assert flags.replay is not None
    visit = _read_visit(flags.replay)
    with ReplayBody(flags.replay) as body:
        brain = robot_brain(visit.memory, body, flags.out / "robot.mem", flags.resume)
        with brain.hippocampus.store, progress("replaying", len(body)) as advance:
            visit_of(brain, visit.memory)(len(body), advance, until=lambda: body.finished)
            metrics = finish_visit(brain, visit.memory, flags.out, flags.question)
            same = brain.hippocampus.store.digest() == visit.memory_digest
            differences = body.differences
    metrics |= {"same_memory": float(same), "commands_different": float(differences)}
    print("the memory is the same" if same else "the memory is NOT the same as that of the visit")
    if differences:
        print(f"{differences} commands differ; the first: {body.first_difference}")
    if flags.json is not None:
        write_result(flags.json, "connect", flags, metrics)
    return 0 if same else 1


def _read_visit(folder: Path) -> _Visit:
    path = folder / "visit.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Visit)
    except FileNotFoundError as error:
        raise RecordingError(f"{folder} holds no visit.json: was it made by --record?") from error
    except msgspec.DecodeError as error:
        raise RecordingError(f"{path} cannot be read: {error}") from error
