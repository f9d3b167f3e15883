"""Which records hold which words: an index inside the store's own database.

SQLite's FTS5, without a copy of the texts (`content=''`), with words alone and no positions
(`detail=none`) and no lengths (`columnsize=0`): about 30 bytes a record of a dozen words. Words
are brought to their common form before they reach it (`tokens.words_of`), so that FTS5 splits at
spaces only and a text can be scored here exactly as the index scores it.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.memory.search.tokens import words_of
from embodied_mem.memory.storage.journal import translated
from embodied_mem.types import Float64Array

TABLE: Final = "words"
VERSION: Final = 1
"""Of the form that words are brought to; an index made with another one must be rebuilt."""
MAX_QUERY_WORDS: Final = 32
"""Different words of a query that are looked up; the rest of a longer text is ignored."""
MAX_POSTINGS: Final = 2048
"""Records read for one word, newest slots first; a word with more of them counts as common."""
MAX_READ: Final = 8192
"""Records read for all words of a query."""
MAX_TOGETHER: Final = 1024
"""Further records read that hold the two rarest of the common words."""
_BEYOND: Final = 1 << 62
"""Lies behind every slot."""
MAX_WALK: Final = 1 << 17
"""Newest slots in which these are looked for."""

_ALL: Final = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH ?"
_NEWEST: Final = f"{_ALL} ORDER BY rowid DESC LIMIT ?"
_OLDER: Final = f"{_ALL} AND rowid < ? ORDER BY rowid DESC LIMIT ?"
_BETWEEN: Final = f"{_ALL} AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"

_Slots = NDArray[np.intp]


class WordHits(NamedTuple):
    """Records that hold words of a query, and what any record scores as far as that was read.

    The score is BM25's for texts of one length in which no word repeats (k1 = 0): the inverse
    document frequencies of the words held, summed. It is divided by the sum over all words of the
    query that any record holds, and so lies between 0 and 1.
    """

    slots: _Slots
    """The best records, the highest possible score first."""
    weights: dict[str, float]
    """Share of the score of every word of the query that any record holds."""
    scores: Float64Array
    """By slot, of all slots: what the words that were read add up to."""
    reach: dict[str, int]
    """Of the common words: the slot down to which their records were read."""
    together: tuple[frozenset[str], NDArray[np.bool_]]
    """Two of them, and by slot, where they are known to stand although not read there."""

    def unread(self, slots: _Slots) -> Float64Array:
        """Returns how much words that were not read may add to the scores of slots; 0: exact."""
        most = np.zeros(len(slots))
        pair, known = self.together
        for word, reach in self.reach.items():
            missing = slots < reach
            if word in pair:
                missing &= ~known[slots]
            most += missing * self.weights[word]
        return most

    def score(self, text: str) -> float:
        """Returns the exact score of a text."""
        return math.fsum(self.weights.get(word, 0.0) for word in set(words_of(text)))


class _Postings(NamedTuple):
    """The records found to hold a word."""

    slots: _Slots
    reach: int
    """Slot down to which all were read; 0 where all that there are were read."""
    frequency: float
    """How many records hold it: an estimate where not all were read."""


@final
class WordIndex:
    """Words by slot, in a table of a database whose transactions its owner opens and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self) -> None:
        """Makes the table where it is missing."""
        if self._exists():
            return
        self._connection.execute(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5("
            "text, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
        # Least pages written a commit and CPU an add of those tried; queries cost the same.
        self._command("automerge", 8)
        self._command("pgsz", 1000)

    def add(self, slot: int, text: str) -> None:
        """Indexes a text under a slot that holds none."""
        self.add_many([(slot, text)])

    def add_many(self, rows: Iterable[tuple[int, str]]) -> None:
        """Indexes texts under slots that hold none."""
        self._connection.executemany(
            f"INSERT INTO {TABLE}(rowid, text) VALUES (?, ?)", _normalised(rows)
        )

    def remove(self, slot: int, old_text: str) -> None:
        """Takes a text out; it must be the one that was indexed under the slot."""
        self._connection.executemany(
            f"INSERT INTO {TABLE}({TABLE}, rowid, text) VALUES ('delete', ?, ?)",
            _normalised([(slot, old_text)]),
        )

    def rebuild(self, rows: Iterable[tuple[int, str]]) -> None:
        """Makes the table anew from the texts of all records."""
        self._connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
        self.create()
        self.add_many(rows)

    def search(
        self,
        query: str,
        limit: int,
        *,
        size: int,
        among: _Slots | None = None,
        known: _Slots | None = None,
    ) -> WordHits:
        """Finds records that hold words of a text, whatever the text holds.

        Words that few records hold (fewer than `MAX_POSTINGS`) are found wherever they are. A
        commoner word is read only in its newest slots, so that no query walks through a whole
        store; further back it counts only where another such word stands beside it, or for
        records that something else found: `WordHits.unread` bounds by how much, and
        `WordHits.score` tells exactly.

        Args:
            query: Any text; it is never read as an FTS expression.
            limit: Records to return at most.
            size: Slots ever used.
            among: Slots to choose from; all where None.
            known: Slots that may have an influence at all, ascending; all where None. How rare a
                word is, and so every score, is as if there were no others: nothing tells whoever
                may not know of the rest that it is there.

        Raises:
            MemoryFileError: If the index is damaged so that it cannot be read.
        """
        with translated():
            words = list(dict.fromkeys(words_of(query)))[:MAX_QUERY_WORDS]
            if known is None:
                read, count = self._read(words, size), size
            else:
                read, count = self._read_known(words, known), len(known)
            information = {
                word: math.log1p((count - postings.frequency + 0.5) / (postings.frequency + 0.5))
                for word, postings in read.items()
            }
            total = math.fsum(information.values())
            weights = {word: each / total for word, each in information.items()}
            # Where two words stand together is read by slots, which count the unknown ones too.
            pair = _rarest_pair(read, weights) if known is None else ()
            together = self._together(pair, read, size) if pair else np.zeros(0, np.intp)
        scores, touched, beside = np.zeros(size), np.zeros(size, bool), np.zeros(size, bool)
        for word, postings in read.items():
            held = postings.slots
            if word in pair:
                held = np.concatenate([held, together[together < postings.reach]])
            scores[held] += weights[word]
            touched[held] = True
        beside[together] = True
        if among is not None:
            allowed = np.zeros(size, bool)
            allowed[among] = True
            touched &= allowed
        reach = {word: postings.reach for word, postings in read.items() if postings.reach}
        slots = np.flatnonzero(touched)
        hits = WordHits(slots, weights, scores, reach, (frozenset(pair), beside))
        return hits._replace(slots=_best(slots, scores[slots] + hits.unread(slots), limit))

    def check(self, expected: Iterable[tuple[int, str]]) -> list[str]:
        """Compares what the index finds with the texts of all records.

        Returns:
            What is wrong, one line for the structure and one for each slot; empty where all is
            well.
        """
        wanted: dict[str, list[int]] = {}
        for slot, text in expected:
            for word in dict.fromkeys(words_of(text)):
                wanted.setdefault(word, []).append(slot)
        wrong: dict[int, list[str]] = {}
        try:
            for word in sorted(wanted.keys() | set(self._words())):
                held = np.sort(self._slots(_ALL, (_quoted(word),)))
                right = np.sort(np.array(wanted.get(word, ()), np.intp))
                if np.array_equal(held, right):
                    continue
                for slot in np.setdiff1d(right, held):
                    wrong.setdefault(int(slot), []).append(f"lacks {word!r}")
                for slot in np.setdiff1d(held, right):
                    wrong.setdefault(int(slot), []).append(f"has a stray {word!r}")
        except sqlite3.DatabaseError as error:
            return [f"the word index cannot be read: {error}"]
        return [f"slot {slot}: the word index {'; '.join(wrong[slot])}" for slot in sorted(wrong)]

    def _exists(self) -> bool:
        found = self._connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (TABLE,))
        return found.fetchone() is not None

    def _command(self, name: str, value: int) -> None:
        self._connection.execute(f"INSERT INTO {TABLE}({TABLE}, rank) VALUES (?, ?)", (name, value))

    def _read(self, words: list[str], size: int) -> dict[str, _Postings]:
        """Reads the newest slots of each word that any record holds."""
        read = {}
        for word in words:
            limit = min(MAX_POSTINGS, MAX_READ // len(words))
            found = self._slots(_NEWEST, (_quoted(word), limit))
            slots = found[found < size]  # a process that reads may lag behind the one that writes
            if len(found) < limit:
                read[word] = _Postings(slots, 0, len(slots))
            else:
                reach = int(found.min())
                seen = max(1, size - reach)
                read[word] = _Postings(slots, reach, min(size, len(slots) * size / seen))
        return {word: postings for word, postings in read.items() if len(postings.slots)}

    def _read_known(self, words: list[str], known: _Slots) -> dict[str, _Postings]:
        """Reads the newest known slots of each word, and counts among the known ones alone."""
        read = {}
        for word in words:
            limit = min(MAX_POSTINGS, MAX_READ // len(words))
            parts, held, before = [np.zeros(0, np.intp)], 0, _BEYOND
            while held < limit:
                found = self._slots(_OLDER, (_quoted(word), before, limit))
                parts.append(found[np.isin(found, known)])
                held += len(parts[-1])
                if len(found) < limit:
                    break
                before = int(found.min())
            slots = np.concatenate(parts)[:limit]
            if len(slots) < limit:
                read[word] = _Postings(slots, 0, len(slots))
            else:
                reach = int(slots.min())
                seen = len(known) - int(np.searchsorted(known, reach))
                read[word] = _Postings(slots, reach, len(slots) * len(known) / seen)
        return {word: postings for word, postings in read.items() if len(postings.slots)}

    def _together(self, pair: tuple[str, ...], read: dict[str, _Postings], size: int) -> _Slots:
        """Finds where two common words stand together, beyond where one of them was read."""
        reach = max(read[word].reach for word in pair)
        parameters = (" AND ".join(map(_quoted, pair)), size - MAX_WALK, reach, MAX_TOGETHER)
        return self._slots(_BETWEEN, parameters)

    def _slots(self, statement: str, parameters: tuple[str | int, ...]) -> _Slots:
        """Reads many row ids as one text, which costs a third of as many rows."""
        row = self._connection.execute(
            f"SELECT group_concat(rowid) FROM ({statement})", parameters
        ).fetchone()
        text = row[0]
        return np.fromstring(text, np.intp, sep=",") if text else np.zeros(0, np.intp)

    def _words(self) -> Iterator[str]:
        """Yields all words of the index."""
        view = f"temp.{TABLE}_held"
        self._connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {view} USING fts5vocab(main, {TABLE}, row)"
        )
        for (word,) in self._connection.execute(f"SELECT term FROM {view}"):
            yield word


def _normalised(rows: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for slot, text in rows:
        words = dict.fromkeys(words_of(text))
        if words:
            yield slot, " ".join(words)


def _quoted(word: str) -> str:
    return f'"{word}"'


def _rarest_pair(read: dict[str, _Postings], weights: dict[str, float]) -> tuple[str, ...]:
    """Returns the two rarest of the common words, or nothing where there are not two."""
    common = [word for word, postings in read.items() if postings.reach]
    rarest = sorted(common, key=lambda word: (-weights[word], word))[:2]
    return tuple(rarest) if len(rarest) == 2 else ()


def _best(slots: _Slots, values: Float64Array, limit: int) -> _Slots:
    """Returns the slots of the highest values, highest first, newer slots before older."""
    if limit < 1:
        return slots[:0]
    if len(slots) > limit:
        bar = np.partition(values, len(values) - limit)[len(values) - limit]
        above, level = slots[values > bar], slots[values == bar]
        level = level[len(level) - (limit - len(above)) :]
        slots = np.concatenate([above, level])
        values = np.concatenate([values[values > bar], np.full(len(level), bar)])
    return slots[np.lexsort((-slots, -values))]
