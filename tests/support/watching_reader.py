"""A process that reads a store over and over while another one writes to it.

Run as `python watching_reader.py FOLDER`: it reads until its standard input ends, then prints one
JSON line: how often it looked, how many states it saw, and what was wrong.
"""

import json
import select
import sys
import zlib
from pathlib import Path

from embodied_mem.errors import DamagedRecordError, StoreError
from embodied_mem.memory import Filter, MemoryRecord, MemoryStore

GROUPS = 6
MEMBERS = 4


def payload_of(record_id: str, number: int) -> tuple[bytes, ...]:
    """Returns what a record must hold: two layers that tell whose they are."""
    mark = f"{record_id} {number} ".encode()
    size = 300 + zlib.crc32(mark) % 3000
    return mark * (size // len(mark)), mark + b"the rest"


def wrong_with(record: MemoryRecord) -> str:
    """Says what is not this record's own; empty where nothing is."""
    number = record.content["number"]
    if record.payload != payload_of(record.id, number)[: len(record.payload)]:
        return f"{record.id} holds other bytes than its own"
    return "" if record.payload else f"{record.id} holds no bytes"


def look(store: MemoryStore, group: int, seen: set[int]) -> list[str]:
    """Reads a group as a whole, and its members one by one."""
    members = store.query(Filter(about=f"group-{group}"))
    numbers = {member.content["number"] for member in members}
    problems = [problem for member in members if (problem := wrong_with(member))]
    seen |= {(group, number) for number in numbers}
    if len(members) not in (0, MEMBERS) or len(numbers) > 1:
        problems.append(f"part of a batch: {len(members)} members of numbers {sorted(numbers)}")
    for member in members:
        try:
            problems += filter(None, [wrong_with(store.get(member.id))])
        except DamagedRecordError as error:
            problems.append(str(error))
        except StoreError:
            pass  # it went meanwhile
    return problems


def main() -> None:
    """Reads until standard input ends."""
    problems: list[str] = []
    seen: set[int] = set()
    looks = 0
    with MemoryStore.read(Path(sys.argv[1])) as store:
        print("reading", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            try:
                problems += look(store, looks % GROUPS, seen)
            except StoreError as error:
                problems.append(f"cannot read: {error}")
            looks += 1
        report = store.verify()
        problems += [str(damage) for damage in report.damages]
    print(json.dumps({"looks": looks, "states": len(seen), "problems": problems[:5]}))


if __name__ == "__main__":
    main()
