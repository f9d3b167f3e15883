"""Streams of records of all kinds and sizes, for allocators to decide about."""

import numpy as np

from embodied_mem.memory.columns import KINDS
from embodied_mem.memory.record import MemoryRecord, RecordIds, Statistics


def candidates(
    seed: int, count: int, *, payload: int = 4000, dimension: int = 24
) -> list[MemoryRecord]:
    rng = np.random.default_rng(seed)
    ids = RecordIds(seed)
    made = []
    for tick in range(count):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        layers: tuple[bytes, ...] = ()
        if kind == "snapshot":
            layers = tuple(rng.bytes(int(rng.integers(1, payload // 4))) for _ in range(6))
        x, y, z = rng.uniform(0, 6, 3).tolist()
        vector = rng.normal(size=dimension).astype("<f4").tobytes() if rng.random() < 0.5 else b""
        made.append(
            MemoryRecord(
                id=ids.new(tick),
                kind=kind,  # type: ignore[arg-type]
                content={"text": f"{kind} {tick}"},
                place=f"place-{rng.integers(3)}" if rng.random() < 0.8 else None,
                pose=(x, y, z, 1.0, 0.0, 0.0, 0.0) if rng.random() < 0.6 else None,
                about=tuple(f"obj-{n}" for n in rng.choice(12, int(rng.integers(0, 3)), False)),
                valid_from=tick,
                recorded_at=tick,
                payload=layers,
                losses=(0.5, 0.3, 0.2, 0.1, 0.05, 0.0) if layers else (),
                embedding=vector,
                space="test" if vector else "",
                statistics=Statistics(reads=int(rng.integers(0, 3))),
            )
        )
    return made
