"""`ingest` of a later recording finds in a remembered place where it began, or refuses."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import kitchen_objects
from embodied_mem.cli import main
from embodied_mem.memory import MemoryStore
from embodied_mem.scene.registration.open3d_loader import open3d_missing

REASON = kitchen_objects.missing_reason() or open3d_missing()
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))


def recording(folder: Path, numbers: list[int], T: np.ndarray) -> Path:
    """Copies some frames of the sample, with poses told in another frame."""
    folder.mkdir()
    sample = kitchen_objects.sample_folder()
    shutil.copy(sample / "camera-intrinsics.txt", folder)
    frames = sorted(file.name[:12] for file in sample.glob("*.pose.txt"))
    for frame in (frames[number] for number in numbers):
        for end in (".color.jpg", ".depth.png"):
            shutil.copy(sample / f"{frame}{end}", folder)
        pose = T @ np.loadtxt(sample / f"{frame}.pose.txt")
        np.savetxt(folder / f"{frame}.pose.txt", pose)
    return folder


def test_a_later_recording_goes_on_where_it_began(tmp_path: Path, capsys) -> None:
    first = recording(tmp_path / "first", list(range(0, 60, 3)), np.eye(4))
    home, mesh = tmp_path / "home.mem", tmp_path / "room.ply"
    assert main(["ingest", str(first), "--geometry", "--mesh", str(mesh), "--out", str(home)]) == 0
    assert mesh.stat().st_size > 100_000
    later = recording(tmp_path / "later", list(range(30, 60, 2)), np.eye(4))
    out = tmp_path / "later.mem"
    command = ["ingest", str(later), "--resume", str(home), "--out", str(out)]
    assert main([*command, "--relocalise"]) == 0
    found = re.search(r"lies at \((.*), (.*), (.*)\) m", capsys.readouterr().out)
    assert found is not None
    # A recording is told from where its first frame was taken.
    poses = [np.loadtxt(min(folder.glob("*.pose.txt")))[:3, 3] for folder in (first, later)]
    apart = np.linalg.norm([float(each) for each in found.groups()])
    assert apart == pytest.approx(np.linalg.norm(poses[1] - poses[0]), abs=0.05)
    with MemoryStore.read(out) as store, MemoryStore.read(home) as old:
        assert len(store) > 0
        assert old.verify().ok


def test_a_memory_without_surfaces_is_refused_and_stays(tmp_path: Path, capsys) -> None:
    few = recording(tmp_path / "few", [0, 1], np.eye(4))
    home = tmp_path / "home.mem"
    assert main(["ingest", str(few), "--out", str(home)]) == 0
    with MemoryStore.read(home) as store:
        before = store.digest()
    again = ["ingest", str(few), "--resume", str(home), "--relocalise", "--out", str(home)]
    assert main(again) == 1
    assert "taken in with --geometry" in capsys.readouterr().err
    with MemoryStore.read(home) as store:
        assert store.digest() == before
