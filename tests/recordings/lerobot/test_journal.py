import shutil
import struct
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import EmbodiedMemError, RecordingError
from embodied_mem.robots.replay import ReplayBody
from interrupted_walk import interrupted
from mutations import mutated

pytest.importorskip("pyarrow")


def test_a_journal_may_be_torn_anywhere(tmp_path: Path) -> None:
    journal = interrupted(tmp_path / "walk", 6)
    whole = journal.read_bytes()
    folder = journal.parent.parent
    rng = np.random.default_rng(3)
    lengths = []
    for cut in sorted({0, 5, 8, 9, 15, *rng.integers(0, len(whole), 25).tolist(), len(whole)}):
        trial = tmp_path / f"cut-{cut}"
        shutil.copytree(folder, trial)
        zeros = bytes(int(rng.integers(0, 50)))  # as some file systems leave a power cut
        (trial / "journal/000000.log").write_bytes(whole[:cut] + zeros)
        try:
            lengths.append(len(ReplayBody(trial)))
        except RecordingError as error:
            assert "before its first frame" in str(error) or "no journal" in str(error)
            lengths.append(0)
    assert lengths == sorted(lengths)
    assert lengths[0] == 0
    assert lengths[-1] == 6


def test_hostile_journals_are_refused(tmp_path: Path) -> None:
    journal = interrupted(tmp_path / "walk", 3)
    folder, whole = journal.parent.parent, journal.read_bytes()
    info = (folder / "meta/info.json").read_bytes()
    bodies, at = [], 8
    while at < len(whole):
        (length,) = struct.unpack_from("<I", whole, at)
        bodies.append(whole[at + 8 : at + 8 + length])
        at += 8 + length
    assert len(bodies) == 7
    rng = np.random.default_rng(8)
    outcomes = Counter[str]()
    for _ in range(150):
        damaged = list(bodies)
        which = int(rng.integers(len(bodies)))
        damaged[which] = mutated(rng, damaged[which])
        sealed = b"".join(struct.pack("<II", len(b), zlib.crc32(b)) + b for b in damaged)
        shutil.rmtree(folder)
        (folder / "journal").mkdir(parents=True)
        (folder / "meta").mkdir()
        (folder / "meta/info.json").write_bytes(info)
        journal.write_bytes(whole[:8] + sealed)
        try:
            with ReplayBody(folder) as body:
                for _ in range(len(body)):
                    body.observe()
            outcomes["read"] += 1
        except EmbodiedMemError:
            outcomes["refused"] += 1
            assert not list(folder.rglob("*.part"))
    assert outcomes["refused"] > 30
    assert outcomes["read"] > 0
