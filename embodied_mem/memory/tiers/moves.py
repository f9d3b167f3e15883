"""The log of what became hot and what no longer is, in the store's database.

A move as an UPDATE would rewrite the record's row, its undo and, where the bytes wait, these too,
and push a batch of somebody's out of what can be rolled back; it says nothing about the record,
so it gets a small table of its own. It is written many moves at a time: what a kill takes is at
most the last few moves of a cache. A row that is damaged ends the log before it; nothing that is
remembered depends on it, so `verify` does not look at it, and `repair` of a damaged database
begins a new one.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple, final
from zlib import crc32

import msgspec

from embodied_mem.memory.state import State

TABLE: Final = "tier_moves"
_MOST_ROWS: Final = 64
"""Rows from which on the log is written anew as what is hot."""


class Move(NamedTuple):
    """A record that became hot, or no longer is."""

    id: str
    heat: float | None
    """How hot, see `Policy.heat`; None where it is no longer hot."""


_encode = msgspec.msgpack.encode
_decoder = msgspec.msgpack.Decoder(list[tuple[bytes, float | None]])


@final
class MoveLog:
    """Reads and writes the moves of one store."""

    def __init__(self) -> None:
        self._rows = 0

    def read(self, state: State) -> dict[str, float]:
        """Returns what is hot by the log, in the order in which it became so, and how hot."""
        hot: dict[str, float] = {}
        self._rows = 0
        if not exists(state):
            return hot
        sql = f"SELECT number, crc, body FROM {TABLE} ORDER BY number"
        for number, crc, body in state.journal.connection.execute(sql).fetchall():
            if not isinstance(body, bytes) or crc != _sum(number, body):
                break
            self._rows += 1
            for key, heat in _decoder.decode(body):
                hot.pop(key.hex(), None)
                if heat is not None:
                    hot[key.hex()] = heat
        return hot

    def append(self, state: State, moves: Iterable[Move], hot: Iterable[Move]) -> None:
        """Writes moves; all that is hot instead where the log has become long.

        Args:
            state: The store's, open for writing.
            moves: Since the last time.
            hot: What is hot after them.
        """
        if not self._rows or self._rows >= _MOST_ROWS:
            self.replace(state, hot)
            return
        with state.journal.transaction():
            self._write(state, self._rows, moves)
        self._rows += 1

    def replace(self, state: State, hot: Iterable[Move]) -> None:
        """Writes what is hot in place of the whole log."""
        with state.journal.transaction():
            state.journal.connection.execute(
                f"CREATE TABLE IF NOT EXISTS {TABLE}"
                "(number INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB NOT NULL)"
            )
            state.journal.connection.execute(f"DELETE FROM {TABLE}")
            self._write(state, 0, hot)
        self._rows = 1

    def _write(self, state: State, number: int, moves: Iterable[Move]) -> None:
        body = _encode([(bytes.fromhex(move.id), _finite(move.heat)) for move in moves])
        row = (number, _sum(number, body), body)
        state.journal.connection.execute(f"INSERT INTO {TABLE} VALUES(?, ?, ?)", row)


def exists(state: State) -> bool:
    """Tells whether the store has such a log."""
    sql = "SELECT 1 FROM sqlite_schema WHERE name = ?"
    return state.journal.connection.execute(sql, (TABLE,)).fetchone() is not None


def erase(state: State) -> None:
    """Removes the log; its pages are free then, for a VACUUM to give back."""
    if exists(state):
        with state.journal.transaction():
            state.journal.connection.execute(f"DROP TABLE {TABLE}")


def _sum(number: int, body: bytes) -> int:
    return crc32(body, crc32(number.to_bytes(8, "little")))


def _finite(heat: float | None) -> float | None:
    return None if heat is None else max(heat, -math.ldexp(1.0, 60))
