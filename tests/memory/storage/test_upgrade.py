"""A memory file of schema 1 opens in this version with everything that it held."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.storage.exchange import SCHEMA, schema_of

DATA = Path(__file__).parents[2] / "data"


def told(record: MemoryRecord) -> dict[str, Any]:
    """Returns a record as the golden file tells it."""
    bare = msgspec.structs.replace(record, payload=(), embedding=b"")
    return {
        **msgspec.json.decode(msgspec.json.encode(bare)),
        "payload": [hashlib.sha256(layer).hexdigest() for layer in record.payload],
        "embedding": hashlib.sha256(record.embedding).hexdigest(),
    }


def test_an_old_file_opens_and_leaves_as_a_new_one(tmp_path: Path) -> None:
    expected = json.loads((DATA / "memory_schema_1.json").read_text())
    with MemoryStore.read(DATA / "memory_schema_1.bin") as store:
        assert (store.session, store.seed) == (expected["session"], expected["seed"])
        assert store.seconds_per_tick == expected["seconds_per_tick"]
        assert [told(record) for record in store.records()] == expected["records"]
        assert store.verify().ok
        store.export(tmp_path / "new.emem")
    assert schema_of(tmp_path / "new.emem") == SCHEMA
    with MemoryStore(tmp_path / "store") as store:
        store.import_(tmp_path / "new.emem")
        assert [told(record) for record in store.records()] == expected["records"]
        store.export(tmp_path / "again.emem")
    with MemoryStore.read(tmp_path / "again.emem") as again:
        assert [told(record) for record in again.records()] == expected["records"]
