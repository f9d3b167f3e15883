"""Joining the memories of two robots, or of two visits, into one."""

from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from embodied_mem.errors import StoreError
from embodied_mem.memory.merging.held import Held, holdings, put
from embodied_mem.memory.merging.identities import reidentified
from embodied_mem.memory.merging.union import union
from embodied_mem.memory.migration.records import shifted_record
from embodied_mem.memory.storage.exchange import Header
from embodied_mem.memory.store import MemoryStore

_SAME: Final = 1e-9
_BETWEEN: Final = " + "


def merge(
    a: MemoryStore, b: MemoryStore, out: MemoryStore | None = None, *, offset: int = 0
) -> MemoryStore:
    """Joins two memories into a third: two robots, or two visits, of one house.

    Both stay as they are. The `digest` of what comes out is the same in any order and however
    often: merging is commutative, associative and idempotent (for memories that one robot wrote,
    and for all that came out of a merge). The fusion that MemOS (Memory-Augmented Generation)
    promises; a join of semilattices, as in replicated data types without conflicts.

    - Every record of both is there, under its id, with all of its provenance. Of a record in both
      the version that knows more counts, whole; ends, links and provenance are united, the longer
      payload stays, private goes before shared. But what a tombstone stands for stays forgotten
      (see `entombed`), with all that was derived from it; without one, a record that one deleted
      comes back from the other.
    - Names that both gave differ by a tag: `object_kbmdocha-0001`.
    - The same thing seen by both has one name. Who saw it last decides where it is; the other
      records of it are archived, with an end, and linked `same_object`. Places that overlap are
      one (`same_place`), maps of a floor become one (`derived_from`), frontiers that the other has
      explored are archived, and a thing is `missing` where a later walk found free floor. All this
      is decided anew with every merge; a record that it changed keeps what it was under `merged`.
    - Nobody may read more than before: a thing is archived only in favour of one that the same may
      read, and learns only from records that all its readers may read.

    Layers that only an archive holds are left out, as by `export`.

    Args:
        a: One memory.
        b: The other, in the same frame (`migrate` it first), and counting ticks of the same length.
        out: Where to: an empty store opened for writing, with a budget, say; None for one in RAM.
            Where it is too small fidelity falls first.
        offset: Added to all ticks of `b`. 0 says that both clocks began together, as those of
            two robots that set out at once do; `following(a, b)` that `b` began when `a` ended.

    Returns:
        `out`. Its seed is another than both, so that all three can go on by themselves.

    Raises:
        StoreError: If one id stands for two things, because both were made with the same seed; if
            ticks differ in length, or `out` is not empty or not to be written to.
        BudgetError: If `out` cannot hold both even at the lowest fidelity.
        DamagedRecordError: If a record does not match its checksum.
    """
    into = MemoryStore() if out is None else out
    if len(into) or not into.writable:
        raise StoreError("memories are merged into an empty store that is opened for writing")
    if len(a) and len(b) and abs(a.seconds_per_tick - b.seconds_per_tick) > _SAME:
        raise StoreError(
            f"a tick is {a.seconds_per_tick:g} s in one memory and {b.seconds_per_tick:g} s in the "
            "other: they cannot be put on one clock; record both with ticks of one length"
        )
    both = union(holdings(a), [_later(held, offset) for held in holdings(b)])
    header = Header(
        session=_joined(a.session, b.session),
        seed=_seed(a, b, both),
        seconds_per_tick=(a if len(a) or not len(b) else b).seconds_per_tick,
    )
    put(into, header, both)
    return into


def merge_files(
    a: Path, b: Path, *, offset: int | None = 0, reidentify: bool = False
) -> MemoryStore:
    """Joins two memory files or folders into a memory in RAM; the files stay as they are.

    Args:
        a: A folder of a store, or an exported file.
        b: The other.
        offset: Ticks that the other began after the first; None for a visit that began when the
            first had ended. 0 for two robots on one clock.
        reidentify: Give the records of the other ids of their own first, for two robots that were
            started with the same seed. Merging the same two again so comes to the same.

    Raises:
        MemoryFileError: If one does not read.
        StoreError: If they were made with the same seed, or with ticks of different length.
    """
    with MemoryStore.read(a) as first, MemoryStore.read(b) as second:
        ticks = following(first, second) if offset is None else offset
        if not reidentify:
            return merge(first, second, offset=ticks)
        with reidentified(second, "b") as fresh:
            return merge(first, fresh, offset=ticks)


def following(first: MemoryStore, second: MemoryStore) -> int:
    """Returns the offset with which one memory begins when another has ended, in ticks."""
    ends = first.columns.recorded_at[first.columns.slots()]
    starts = second.columns.recorded_at[second.columns.slots()]
    if not len(ends) or not len(starts):
        return 0
    return int(ends.max()) + 1 - min(0, int(starts.min()))


def _later(held: Held, ticks: int) -> Held:
    if ticks == 0:
        return held
    return Held(shifted_record(held.record, ticks), held.code, held.layers)


def _joined(a: str, b: str) -> str:
    """Joins the names of two visits: each once, in the order of the alphabet."""
    return _BETWEEN.join(sorted({name for each in (a, b) for name in each.split(_BETWEEN) if name}))


def _seed(a: MemoryStore, b: MemoryStore, both: list[Held]) -> int:
    """Returns the seed of later ids: another than those of the memories that came together.

    Both may go on by themselves, and must not give an id that the joined memory gives too.
    """
    if a.seed == b.seed:
        return a.seed
    salts = sorted({held.id[-12:] for held in both})
    return int(sha256(msgspec.json.encode(salts)).hexdigest()[:12], 16)
