"""The protocol between real processes, and what happens when one of them goes wrong."""

import ast
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.types import Command
from embodied_mem_envs import worker, worker_process
from embodied_mem_envs.worker_body import WorkerRestarted
from embodied_mem_envs.worker_process import SimulatorFault, WorkerLost, WorkerProcess
from worker_bodies import ADAPTER, left_behind, odd_body, odd_config

STEP = Command(forward=0.25)


def walked(body, steps):
    for _ in range(steps):
        body.act(STEP)
    return body.observe()


def test_a_frame_and_a_command_cross():
    body = odd_body()
    body.connect()
    seen = walked(body, 3)
    assert seen.tick == 3 and (seen.depth == 3).all() and (seen.rgb == 3).all()
    assert seen.labels == {1: "thing"} and seen.instance.dtype == np.int32
    assert body.act(Command(turn=0.5)) == Command(turn=0.5)
    assert body.state == {"tick": 4}
    body.close()
    body.close()


def test_frames_come_with_the_answers_where_the_simulator_is_steady():
    body = odd_body(steady=True, broken_frame=5)
    body.connect()
    calls = []
    exchange = body.process._exchange
    body.process._exchange = lambda name, *rest: calls.append(name) or exchange(name, *rest)
    for tick in range(4):
        assert body.observe().tick == tick
        body.act(STEP)
    assert calls == ["observe", "step", "step", "step", "step"]
    body.act(STEP)  # nobody looked: the frame is not asked for again
    with pytest.raises(SimulatorFault, match="no picture of tick 5"):
        body.observe()
    body.act(STEP)
    assert body.observe().tick == 6
    assert calls[5:] == ["act", "observe", "step"]
    body.close()


def test_frames_that_somebody_holds_are_never_written_over():
    body = odd_body(slots=3)
    body.connect()
    frames = [walked(body, 1) for _ in range(12)]
    assert [int(frame.depth[0, 0]) for frame in frames] == list(range(1, 13))
    slots = body.process._frames
    assert slots.held == 2  # the rest are copies
    part = frames[0].rgb[2:4, 2:4]
    frames.clear()
    assert slots.held == 1
    assert (part == 1).all()
    for _ in range(8):
        walked(body, 1)
    assert (part == 1).all()
    body.close()
    assert (part == 1).all()  # even after the worker


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("exit", "exit status 3"),
        ("kill", "ended by SIGKILL"),
        ("garbage", "is garbage: a message of 4294967295 bytes"),
        ("no_json", "is garbage"),
    ],
)
def test_a_worker_that_ends_or_talks_nonsense_is_reported_with_its_last_lines(how, words):
    before = left_behind()
    body = odd_body(how=how, at=2)
    body.connect()
    body.act(STEP)
    with pytest.raises(WorkerLost, match=re.escape(words)) as raised:
        body.act(STEP)
    assert f"the last thing it said: {how}" in str(raised.value)
    assert "a line on the standard output" in str(raised.value)
    body.close()
    del raised  # its traceback holds the mapped frames
    assert left_behind() == before


@pytest.mark.parametrize("how", ["stop", "sleep"])
def test_a_worker_that_hangs_is_ended(how):
    before = left_behind()
    body = odd_body(how=how, at=1, call_seconds=2.5 if how == "stop" else 0.5)
    body.connect()
    words = "stopped or stuck" if how == "stop" else "its heart beats: it is slow"
    with pytest.raises(WorkerLost, match=f"took longer than .*{words}"):
        body.act(STEP)
    body.close()
    assert left_behind() == before


@pytest.mark.parametrize("how", ["exit", "kill", "garbage"])
def test_another_worker_goes_on_where_the_first_one_was_lost(how, tmp_path):
    body = odd_body(restarts=1, how=how, at=3, marker=str(tmp_path / "gone"))
    body.connect()
    walked(body, 2)
    with pytest.warns(WorkerRestarted, match="Another worker goes on"):
        seen = walked(body, 1)
    assert seen.tick == 3
    assert walked(body, 5).tick == 8
    body.close()


def test_a_worker_that_is_lost_again_and_again_is_an_error():
    body = odd_body(restarts=2, how="exit", at=1)
    body.connect()
    with pytest.warns(WorkerRestarted), pytest.raises(WorkerLost):
        body.act(STEP)
    body.close()


def test_a_fault_of_the_simulator_leaves_the_worker_alive():
    body = odd_body(how="raise", at=2)
    body.connect()
    body.act(STEP)
    with pytest.raises(SimulatorFault, match="ValueError: the simulator fell over its feet"):
        body.act(STEP)
    assert body.observe().tick == 2
    with pytest.raises(SimulatorFault, match="LookupError"):
        body.ask("the way")
    body.close()


def test_what_an_adapter_refuses_is_an_error_of_its_kind():
    with pytest.raises(ConfigError, match="this scene is missing"):
        WorkerProcess(odd_config(refuse=True))


def test_opening_has_its_own_time_limit():
    process = WorkerProcess(odd_config(slow_open=1.0, call_seconds=0.4))
    process.close()
    with pytest.raises(WorkerLost, match=r"'open' took longer than 0\.4 s"):
        WorkerProcess(odd_config(slow_open=1000, open_seconds=0.4))


def test_much_printing_neither_blocks_nor_fills_the_disk(monkeypatch):
    monkeypatch.setattr(worker_process, "_LOG_CHECK", 5)
    body = odd_body(how="chatter", at=1)
    body.connect()
    walked(body, 10)
    assert os.fstat(body.process._log.fileno()).st_size < worker_process._LOG_LIMIT
    assert body.process.last_lines().endswith("x")
    body.close()


def test_a_worker_of_another_release_is_refused(monkeypatch):
    monkeypatch.setattr(worker_process, "PROTOCOL", 2)
    with pytest.raises(WorkerLost, match="speaks protocol 1, this end speaks 2"):
        WorkerProcess(odd_config())


def test_an_interpreter_that_cannot_be_started_is_named():
    before = left_behind()
    with pytest.raises(ConfigError, match="/no/such/python"):
        WorkerProcess(odd_config(python="/no/such/python"))
    assert left_behind() == before


@pytest.mark.parametrize("how", ["", "exec "])
def test_a_script_may_stand_between(how, tmp_path):
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\n{how}{sys.executable} "$@"\nexit $?\n')
    script.chmod(0o755)
    before = left_behind()
    body = odd_body(python=str(script))
    body.connect()
    assert walked(body, 2).tick == 2
    body.close()
    assert left_behind() == before


def test_a_program_that_is_no_worker_is_reported(tmp_path):
    mute = tmp_path / "python"
    mute.write_text("#!/bin/sh\necho numpy is missing here >&2\nexit 1\n")
    mute.chmod(0o755)
    with pytest.raises(WorkerLost, match=r"(?s)ended during 'hello'.*numpy is missing here"):
        WorkerProcess(odd_config(python=str(mute)))


def test_an_interpreter_that_is_too_old_is_told_apart(tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 'SyntaxError: future feature annotations is not defined' >&2\n")
    old.chmod(0o755)
    with pytest.raises(WorkerLost, match=r"too old, Python 3\.8 to 3\.13 is needed"):
        WorkerProcess(odd_config(python=str(old)))


def test_a_body_must_be_connected_and_its_commands_finite():
    body = odd_body()
    with pytest.raises(BodyError, match="connect"):
        body.observe()
    with pytest.raises(BodyError, match="connect"):
        body.state  # noqa: B018
    body.connect()
    with pytest.raises(BodyError, match="turn is nan"):
        body.act(Command(turn=float("nan")))
    body.close()
    with pytest.raises(BodyError, match="connect"):
        body.act(STEP)


def test_a_copy_of_a_body_has_its_own_worker():
    body = odd_body()
    body.connect()
    walked(body, 4)
    copy = pickle.loads(pickle.dumps(body))
    assert walked(copy, 1).tick == 5 and body.observe().tick == 4
    assert copy.process.pid != body.process.pid
    body.close()
    copy.close()


def test_a_worker_outlives_the_thread_that_started_it():
    body = odd_body()
    thread = threading.Thread(target=body.connect)
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert body.process.alive and walked(body, 2).tick == 2
    body.close()


def test_a_fork_starts_its_own_worker():
    body = odd_body()
    body.connect()
    walked(body, 2)
    parent, child = multiprocessing.get_context("fork").Pipe()

    def go_on():
        seen = walked(body, 1)
        child.send((seen.tick, body.process.pid, body.process.owner == os.getpid()))
        body.close()

    process = multiprocessing.get_context("fork").Process(target=go_on)
    process.start()
    assert parent.poll(30)
    tick, pid, own = parent.recv()
    process.join()
    assert process.exitcode == 0
    assert (tick, own) == (3, True) and pid != body.process.pid
    assert walked(body, 3).tick == 5  # the first one is not disturbed
    body.close()


ORPHAN = """
import sys, time
sys.path.insert(0, {support!r})
from worker_bodies import odd_body
body = odd_body(how="stop", at=1, call_seconds=600)
body.connect()
print(body.process.pid, flush=True)
if {stop}:
    body.act(__import__("embodied_mem.types").types.Command())
time.sleep(600)
"""


@pytest.mark.parametrize("stop", [False, True])
def test_no_worker_outlives_its_parent(stop):
    before = left_behind()
    script = ORPHAN.format(support=str(ADAPTER.parent), stop=stop)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with parent:
        child = psutil.Process(int(parent.stdout.readline()))
        deadline = time.monotonic() + 10
        while stop and child.status() != psutil.STATUS_STOPPED and time.monotonic() < deadline:
            time.sleep(0.02)
        parent.send_signal(signal.SIGKILL)
    gone, alive = psutil.wait_procs([child], timeout=5)
    assert gone and not alive
    assert left_behind() == before


FOREIGN = [
    Path(found)
    for version in ("3.8", "3.9", "3.10", "3.12", "3.13")
    if (found := shutil.which(f"python{version}"))
] + [Path(path) for path in os.environ.get("EMBODIED_MEM_WORKER_PYTHONS", "").split(":") if path]


@pytest.mark.parametrize("file", [worker.__file__, ADAPTER])
def test_the_far_end_is_python_3_8(file):
    tree = ast.parse(Path(file).read_text(), feature_version=(3, 8))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.split(".")[0])
    assert imported - {"numpy"} <= sys.stdlib_module_names


@pytest.mark.parametrize("python", FOREIGN, ids=lambda path: "-".join(path.parts[-3:]))
def test_other_interpreters_serve(python):
    if subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode:
        pytest.skip(f"{python} has no numpy")
    body = odd_body(python=str(python))
    body.connect()
    assert walked(body, 3).tick == 3
    answer = body.ask("python")
    assert not any(name.startswith("embodied_mem_envs") for name in answer["modules"])
    body.close()
