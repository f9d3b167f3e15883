"""Short names of records, made from their ids alone, so that every process makes the same ones."""

import hashlib
from typing import Final, final

from embodied_mem.brain.tools.result import Refused, quoted
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.store import MemoryStore

_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter looks like a digit."""
_MISREAD: Final = str.maketrans("oil", "011")
_SHORTEST: Final = 7


@final
class Handles:
    """Names records by the first digits of a hash of their ids, and finds them by those.

    Of records whose hashes begin alike, the one remembered first has the shortest name and each
    later one as many more digits as set it apart: a name stays the same while the memory grows.
    (`memory.working.HandleTable` numbers the results of one session instead.) A name that was
    given out here stands for its record until the end, gone or not, and never for another.

    Args:
        store: Where the records are.
        viewer: Whose names: no other record has one, lengthens one or can be found by one.
        shortest: Digits at least, five bits each.
    """

    def __init__(
        self, store: MemoryStore, *, viewer: str | None = None, shortest: int = _SHORTEST
    ) -> None:
        self._store = store
        self._visible = Filter(viewer=viewer, status="any")
        self._shortest = shortest
        self._given: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._buckets: dict[str, list[tuple[int, str]]] = {}
        self._hashes: dict[str, str] = {}
        self._read_at = -1

    def name(self, record_id: str) -> str:
        """Returns the short name of a record that the viewer may see."""
        if record_id in self._names:
            return self._names[record_id]
        self._follow()
        mine = self._hash(record_id)
        earlier = self._buckets.get(mine[: self._shortest], [])
        before = [other for _, other in earlier[: self._rank(record_id, earlier)]]
        length = 1 + max((_shared(mine, self._hash(other)) for other in before), default=0)
        name = mine[: max(length, self._shortest)]
        while self._given.get(name, record_id) != record_id:
            name = mine[: len(name) + 1]  # it was given to a record that is gone by now
        self._names[record_id], self._given[name] = name, record_id
        return name

    def find(self, name: str) -> str | None:
        """Returns the id of the record with a short name or a whole id; None if there is none.

        Raises:
            Refused: If the record is no longer held, or several could be meant.
        """
        text = name.strip().strip("[]#").lower()
        self._follow()
        if text in self._hashes:
            return text
        text = text.translate(_MISREAD)
        given = self._given.get(text)
        if given is not None:
            if given not in self._hashes:
                raise Refused(f"{text} is gone: the record was deleted.")
            return given
        if len(text) < self._shortest or not set(text) <= set(_DIGITS):
            return None
        bucket = self._buckets.get(text[: self._shortest], [])
        fitting = [each for _, each in bucket if self._hash(each).startswith(text)]
        exact = [each for each in fitting if self.name(each) == text]
        if len(exact or fitting) > 1:
            names = ", ".join(self.name(each) for each in fitting[:5])
            raise Refused(f"{quoted(name)} could be several records; give one of {names}.")
        return next(iter(exact or fitting), None)

    def _follow(self) -> None:
        """Reads which records the viewer may see, where the memory has changed."""
        sequence = self._store.sequence
        if sequence == self._read_at:
            return
        columns = self._store.columns
        slots = self._store.select(self._visible).tolist()
        known = {columns.ids[slot]: int(columns.recorded_at[slot]) for slot in slots}
        self._hashes = {each: self._hashes.get(each) or _hash(each) for each in known}
        self._buckets = {}
        for record_id, told in known.items():
            key = self._hashes[record_id][: self._shortest]
            self._buckets.setdefault(key, []).append((told, record_id))
        for bucket in self._buckets.values():
            bucket.sort()
        self._read_at = sequence

    def _hash(self, record_id: str) -> str:
        return self._hashes.get(record_id) or _hash(record_id)

    def _rank(self, record_id: str, bucket: list[tuple[int, str]]) -> int:
        return next((at for at, (_, each) in enumerate(bucket) if each == record_id), len(bucket))


def _hash(record_id: str) -> str:
    number = int.from_bytes(hashlib.sha256(record_id.encode()).digest()[:20], "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(155, -1, -5))


def _shared(one: str, other: str) -> int:
    """Returns how many digits two hashes begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))
