"""`embodied-mem connect` as a person uses it: checks, keys, Ctrl-C, recordings, gateways."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.cli import main
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.robot_peer.process import own_domain

HOUSE = ("house", "--set", "options.rooms=3", "--set", "options.width=96")
HOUSE += ("--set", "options.height=72")


def start(*arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "embodied_mem", "connect", *arguments],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
    )


def read_until(process: subprocess.Popen[str], found: Callable[[str], bool]) -> str:
    """Returns what a process says on standard error up to a line."""
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if found(line):
            return said
    raise AssertionError(f"it ended before that:\n{said}")


def test_a_dry_run_checks_and_moves_nothing(capsys, tmp_path):
    assert main(["connect", *HOUSE, "--dry-run", "--out", str(tmp_path / "out")]) == 0
    assert "stream rate" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_robot_that_is_not_there_is_an_error_before_anything_moves(capsys, tmp_path):
    with own_domain() as domain:
        domain_flag = ("--set", f"options.domain={domain}")
        status = main(["connect", "dds", *domain_flag, "--task", "explore", "--out", str(tmp_path)])
    said = capsys.readouterr()
    assert status == 1
    assert "error" in said.out and "cmd_vel" in said.out
    assert "nothing was sent" in said.err
    assert not (tmp_path / "robot.mem").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("hause",), "did you mean 'house'"),
        ((*HOUSE, "--set", "gate.wachdog=1"), "did you mean 'watchdog'"),
        ((*HOUSE, "--set", "gate.watchdog"), "expected KEY=VALUE"),
        ((*HOUSE, "--set", "gate.watchdog=-1"), "watchdog is -1"),
        ((*HOUSE, "--task", "follow"), "--trajectory"),
        ((*HOUSE, "--seconds", "0"), "--seconds"),
        ((*HOUSE, "--serve", "tcp://127.0.0.1:*", "--task", "explore"), "--serve only serves"),
        ((*HOUSE, "--serve", "tcp://0.0.0.0:5999"), "keys"),
        ((*HOUSE, "--replay", "nowhere"), "nowhere"),
    ],
)
def test_flags_that_make_no_sense_say_what_to_do(arguments, told, capsys):
    assert main(["connect", *arguments]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert told in said


def test_a_visit_leaves_a_memory_that_its_recording_gives_again(tmp_path, capsys):
    recording, out, again = (tmp_path / name for name in ("recording", "out", "again"))
    visit = ("--task", "explore", "--seconds", "6", "--question", "Where is the bed?")
    status = main(
        [
            "connect",
            *HOUSE,
            *visit,
            "--record",
            str(recording),
            "--out",
            str(out),
            "--json",
            str(tmp_path / "visit.json"),
        ]
    )
    assert status == 0
    metrics = json.loads((tmp_path / "visit.json").read_bytes())["metrics"]
    assert metrics["ticks"] > 10 and metrics["commands_sent"] > 40
    assert (out / "report.html").exists() and (recording / "meta" / "info.json").exists()
    status = main(["connect", *HOUSE, "--replay", str(recording), "--out", str(again)])
    assert status == 0, capsys.readouterr().out
    digests = {MemoryStore.read(folder / "robot.mem").digest() for folder in (out, again)}
    assert len(digests) == 1


def test_watching_sends_nothing_and_a_replay_that_gives_another_memory_fails(tmp_path, capsys):
    recording, begun = tmp_path / "recording", time.monotonic()
    flags = ("--task", "watch", "--seconds", "2", "--record", str(recording))
    flags += ("--json", str(tmp_path / "r.json"))
    assert main(["connect", *HOUSE, *flags, "--out", str(tmp_path / "out")]) == 0
    assert time.monotonic() - begun < 60.0
    metrics = json.loads((tmp_path / "r.json").read_bytes())["metrics"]
    assert metrics["commands_sent"] == 0.0 and metrics["ticks"] > 3
    told = json.loads((recording / "visit.json").read_bytes())
    told["memory_digest"] = "0" * 64
    (recording / "visit.json").write_text(json.dumps(told))
    replay = ("--replay", str(recording), "--out", str(tmp_path / "again"))
    assert main(["connect", *HOUSE, *replay]) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_one_ctrl_c_ends_the_visit_in_good_order(tmp_path):
    process = start(*HOUSE, "--task", "explore", "--out", str(tmp_path))
    read_until(process, lambda line: "frames" in line)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "memory:" in out
    assert len(list(MemoryStore.read(tmp_path / "robot.mem").records())) > 0


def test_keys_stop_the_robot_reset_it_and_finish(tmp_path):
    ours, theirs = pty.openpty()
    process = start(*HOUSE, "--task", "explore", "--out", str(tmp_path), stdin=theirs)
    os.close(theirs)
    try:
        read_until(process, lambda line: "turn +0.5" in line)
        os.write(ours, b"s")
        read_until(process, lambda line: "STOPPED" in line and "a key was pressed" in line)
        os.write(ours, b"r")
        read_until(process, lambda line: line.startswith("free") and "turn +0.00" not in line)
        os.write(ours, b"q")
        out, said = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(ours)
    assert process.returncode == 0, said
    assert "memory:" in out


def test_a_served_robot_is_driven_from_another_process(tmp_path):
    endpoint = f"ipc://{tmp_path}/gate"
    server = start(*HOUSE, "--serve", endpoint)
    try:
        assert server.stdout is not None
        while "serving" not in (line := server.stdout.readline()):
            assert line, server.communicate()[1]
        flags = ("--task", "explore", "--seconds", "5", "--json", str(tmp_path / "r.json"))
        assert main(["connect", endpoint, *flags, "--out", str(tmp_path / "out")]) == 0
    finally:
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0, said
    metrics = json.loads((tmp_path / "r.json").read_bytes())["metrics"]
    assert metrics["ticks"] > 10 and metrics["commands_sent"] > 40


def test_an_arm_follows_a_trajectory_file_or_says_what_is_wrong(tmp_path, capsys):
    pytest.importorskip("pybullet")
    from embodied_mem_envs.tabletop.panda import HOME

    path = tmp_path / "path.json"
    follow = ("--task", "follow", "--trajectory", str(path))
    near, beyond = np.array(HOME), np.array(HOME)
    near[0] += 0.1
    beyond[0] += 9.0
    path.write_text(json.dumps(_trajectory(HOME, beyond)))
    assert main(["connect", "tabletop", *follow]) == 1
    assert "panda_joint1" in capsys.readouterr().err
    path.write_text("{}")
    assert main(["connect", "tabletop", *follow]) == 1
    assert "is no trajectory" in capsys.readouterr().err
    path.write_text(json.dumps(_trajectory(HOME, 0.5 * (HOME + near), near)))
    assert main(["connect", "tabletop", *follow]) == 0
    assert "done" in capsys.readouterr().out


def _trajectory(*points: Iterable[float]) -> dict[str, object]:
    return {
        "joints": [f"panda_joint{number}" for number in range(1, 8)],
        "positions": [list(map(float, point)) for point in points],
        "times": [1.0 * number for number in range(len(points))],
    }


def test_every_parameter_file_that_ships_can_be_read():
    from embodied_mem.robots.config import load_robot

    files = sorted(Path("launch/robots").glob("*.toml"))
    assert len(files) >= 3
    for file in files:
        assert load_robot(file).driver
