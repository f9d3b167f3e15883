"""Writers that are killed leave what they acknowledged; a comparison that fails says so."""

from pathlib import Path

from embodied_mem.memory import MemoryRecord
from embodied_mem_envs.bench.store.crash import Victim


def test_killed_writers_leave_what_they_acknowledged(tmp_path: Path) -> None:
    victim = Victim(tmp_path / "store", 3)
    for _ in range(4):
        assert victim.kill_one() == []
    assert victim.batches > 0, "no writer lived long enough to write"
    victim.model.records["f" * 32] = MemoryRecord(id="f" * 32, kind="event", content={"text": "x"})
    assert any("f" * 32 in line for line in victim.kill_one())
