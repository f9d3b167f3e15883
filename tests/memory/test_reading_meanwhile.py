"""A reader beside a writer sees whole states: nothing half changed, nothing taken for damaged."""

import subprocess
import sys
from pathlib import Path

from embodied_mem.memory import Filter, MemoryStore

WRITER = """
import sys
from pathlib import Path
import numpy as np
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, RecordIds, Update

rng, ids, held = np.random.default_rng(0), RecordIds(0), []
with MemoryStore(Path(sys.argv[1]), budget_bytes=3 << 19) as store:
    print("open", flush=True)
    for tick in range(400):
        about, payload = (f"thing-{tick % 7}",), (rng.bytes(900), rng.bytes(3000))
        # Each pair is added, changed and deleted as one: a reader must never see half of it.
        pair = [
            MemoryRecord(id=ids.new(tick), kind="fact", content={"pair": tick, "side": side},
                         about=about, payload=payload, losses=(0.5, 0.0), recorded_at=tick)
            for side in (0, 1)
        ]
        batch = [Add(record=record) for record in pair]
        if len(held) > 40:
            gone = held.pop(int(rng.integers(len(held))))
            batch += [Delete(id=record.id) for record in gone]
        elif held and rng.random() < 0.3:
            index = int(rng.integers(len(held)))
            news = [ids.new(tick), ids.new(tick)]
            batch += [Update(id=old.id, tick=tick, changes={"place": "attic"}, supersede_as=new)
                      for old, new in zip(held[index], news)]
            held.pop(index)
        store.apply(batch)
        held.append(pair)
"""


def test_a_reader_sees_one_state_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "shared.mem"
    command = [sys.executable, "-c", WRITER, str(path)]
    sequences = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with MemoryStore.read(path) as store:
            while writer.poll() is None:
                sequences.add(store.sequence)
                pairs = [record.content["pair"] for record in store.query(Filter(kind="fact"))]
                assert sorted(pairs[::2]) == sorted(pairs[1::2])
                assert len(store.digest()) == 64
                assert store.verify().damages == ()
                assert all(record.content["pair"] >= 0 for record in store.records())
                for record in store.query(Filter(place="attic"), payload=False)[:3]:
                    assert len(store.history(record.id)) == 2
    assert writer.returncode == 0
    assert len(sequences) >= 5
