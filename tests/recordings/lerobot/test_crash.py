import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import RecordingError
from embodied_mem.recordings import open_recording
from embodied_mem.recordings.lerobot import LeRobotWriter, repair_recording
from embodied_mem.recordings.lerobot.writer import WriterConfig
from embodied_mem.robots.replay import ReplayBody
from embodied_mem.types import Command, Intrinsics
from interrupted_walk import interrupted
from recorded_walk import WalkBody, assert_same, record_walk, views

pytest.importorskip("pyarrow")

SUPPORT = Path(__file__).parents[2] / "support"
ENDLESS = """
import sys, itertools
from dataclasses import replace
sys.path.insert(0, sys.argv[2])
from embodied_mem.recordings.lerobot import LeRobotWriter, WriterConfig
from embodied_mem.types import Command, Intrinsics
from embodied_mem.types import Command, Intrinsics
from interrupted_walk import interrupted
from recorded_walk import WalkBody, views
walk = views(8)
writer = LeRobotWriter(sys.argv[1], config=WriterConfig(file_bytes=int(sys.argv[3])))
writer.begin(WalkBody(walk))
for number in itertools.count():
    writer.observed(replace(walk[number % 8], tick=number))
    writer.acted(Command(forward=float(number)), Command(forward=0.5 * number))
    print(number, flush=True)
"""


def start(folder: Path, file_bytes: int) -> subprocess.Popen[str]:
    """Starts a process that records until it is killed, and tells the number of each frame."""
    arguments = [sys.executable, "-c", ENDLESS, str(folder), str(SUPPORT), str(file_bytes)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def read_until(process: subprocess.Popen[str], number: int) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= number:
            return int(line)
    raise AssertionError("the recording process ended by itself")


def kill(process: subprocess.Popen[str]) -> int:
    """Kills a process without warning and returns the last number that it told."""
    process.kill()
    told, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    return max((int(line) for line in told.splitlines() if line.strip().isdigit()), default=0)


@pytest.mark.parametrize("file_bytes", [1 << 30, 60_000])
def test_a_killed_recording_loses_less_than_a_second(tmp_path: Path, file_bytes: int) -> None:
    process = start(tmp_path, file_bytes)
    try:
        read_until(process, 60)
    finally:
        last = max(60, kill(process))
    assert (tmp_path / "journal").is_dir()
    body = ReplayBody(tmp_path)
    assert len(body) >= last - 16  # what may wait for the thread, at two entries a frame
    walk = views(8)
    with body:
        for number in range(len(body)):
            seen = body.observe()
            assert seen.tick == number
            np.testing.assert_array_equal(seen.rgb, walk[number % 8].rgb)
            if number < len(body) - 1:
                assert body.act(Command(forward=float(number))).forward == 0.5 * number
    assert body.differences == 0
    assert not (tmp_path / "journal").exists()
    assert not list(tmp_path.rglob("*.part"))
    assert json.loads((tmp_path / "meta/info.json").read_text())["total_frames"] == len(body)


def test_what_is_still_being_recorded_is_left_alone(tmp_path: Path) -> None:
    process = start(tmp_path, 60_000)
    try:
        read_until(process, 30)
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        before = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
        for look in (ReplayBody, repair_recording, open_recording):
            with pytest.raises(RecordingError, match="still being recorded"):
                look(tmp_path)
        after = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
        assert after == before
    finally:
        kill(process)
    assert repair_recording(tmp_path) > 10


def test_a_repaired_recording_is_the_same_as_a_closed_one(tmp_path: Path) -> None:
    folder = interrupted(tmp_path / "walk", 9).parent.parent
    assert repair_recording(folder) == 9
    for name in ("meta/info.json", "meta/stats.json"):
        mine = json.loads((folder / name).read_text())
        yours = json.loads((tmp_path / "walk" / name).read_text())
        assert mine == yours
    for name in ("data/chunk-000/file-000.parquet", "meta/tasks.parquet"):
        assert (folder / name).read_bytes() == (tmp_path / "walk" / name).read_bytes()
    with ReplayBody(folder) as mine_again, ReplayBody(tmp_path / "walk") as yours_again:
        for _ in range(9):
            assert_same(mine_again.observe(), yours_again.observe())


def test_repairing_twice_and_what_is_whole_changes_nothing(tmp_path: Path) -> None:
    record_walk(tmp_path, 5, file_bytes=20_000)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert repair_recording(tmp_path) == 5
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_crash_between_data_and_metadata_is_repaired(tmp_path: Path) -> None:
    folder = interrupted(tmp_path / "walk", 4).parent.parent
    whole = tmp_path / "walk/data/chunk-000/file-000.parquet"
    (folder / "data/chunk-000/file-000.parquet").write_bytes(whole.read_bytes())
    assert repair_recording(folder) == 4
    assert not (folder / "journal").exists()


FULL = """
import resource, signal, sys
sys.path.insert(0, sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot import LeRobotWriter
from embodied_mem.robots.recorded import RecordedBody
from embodied_mem.types import Command, Intrinsics
from embodied_mem.types import Command, Intrinsics
from interrupted_walk import interrupted
from recorded_walk import WalkBody, views
inner = WalkBody(views(10) * 100)
try:
    with RecordedBody(inner, LeRobotWriter(sys.argv[1])) as body:
        for number in range(1000):
            body.observe()
            body.act(Command())
except RecordingError as error:
    assert "cannot be written to" in str(error), error
    print(number, inner.closed)
"""


def test_a_full_disk_is_told_and_what_is_there_can_be_read(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", FULL, str(tmp_path), str(SUPPORT)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    number, closed = map(int, done.stdout.split())
    assert closed == 1
    assert 3 < number < 900
    assert number - 20 < len(ReplayBody(tmp_path)) <= number + 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be made"):
        LeRobotWriter(tmp_path / "file" / "walk")


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    camera = Intrinsics(width=320, height=240, fx=300.0, fy=300.0, cx=160.0, cy=120.0)
    noise = replace(
        views(1)[0],
        intrinsics=camera,
        rgb=rng.integers(0, 255, (240, 320, 3)).astype(np.uint8),
        depth=np.ones((240, 320), np.float32),
        instance=None,
    )
    writer = LeRobotWriter(tmp_path, config=WriterConfig(file_bytes=16 << 20))
    writer.begin(WalkBody([noise]))
    peaks = []
    for number in range(331):
        writer.observed(noise)
        if number in (130, 330):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    writer.close()
    files = [path.stat().st_size for path in (tmp_path / "data/chunk-000").iterdir()]
    assert sum(files) > 40 << 20
    assert max(files) < 17 << 20
    assert peaks[1] - peaks[0] < 20 << 10  # KiB, less than half of what came in between
