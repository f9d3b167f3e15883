"""The classic rules of eviction in plain Python, beside a plain simulation of what is read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from embodied_mem_envs.allocation.episode import FINE, Episode

MOST_WAITING = 4


@dataclass
class Held:
    """A record in a slot; `at` is the candidate that it once was."""

    at: int
    place: int
    size: float
    keys: frozenset[int]
    first: frozenset[int]
    reads: int = 0
    used: int = 0


Choice = Callable[[list[Held | None]], list[int]]


def _slots(memory: list[Held | None]) -> list[int]:
    return [slot for slot, held in enumerate(memory) if held is not None]


def fifo(memory: list[Held | None]) -> list[int]:
    return sorted(_slots(memory), key=lambda slot: memory[slot].at)


def lru(memory: list[Held | None]) -> list[int]:
    return sorted(_slots(memory), key=lambda slot: (memory[slot].used, memory[slot].at))


def lfu(memory: list[Held | None]) -> list[int]:
    return sorted(_slots(memory), key=lambda slot: (memory[slot].reads, memory[slot].at))


def mvfo(memory: list[Held | None]) -> list[int]:
    return _by_place(memory, -1)


def lvfo(memory: list[Held | None]) -> list[int]:
    return _by_place(memory, 1)


def _by_place(memory: list[Held | None], sign: int) -> list[int]:
    count = Counter(memory[slot].place for slot in _slots(memory))
    return sorted(
        _slots(memory), key=lambda slot: (sign * count[memory[slot].place], memory[slot].at)
    )


REFERENCES: dict[str, Choice | None] = {
    "fifo": fifo,
    "lifo": None,
    "lru": lru,
    "lfu": lfu,
    "mvfo": mvfo,
    "lvfo": lvfo,
}


def simulate(episode: Episode, order: Choice | None) -> list[list[int]]:
    """Returns which candidate each slot holds after each arrival, -1 for none."""
    memory: list[Held | None] = [None] * episode.slots
    history = []
    for at in range(len(episode.keys)):
        _take_in(memory, _candidate(episode, at), episode.budget, order)
        for query in range(len(episode.query_time)):
            if episode.query_time[query] == at:
                _ask(memory, episode, query, at)
        history.append([-1 if held is None else held.at for held in memory])
    return history


def _candidate(episode: Episode, at: int) -> Held:
    keys = frozenset(int(key) for key in episode.keys[at] if key >= 0)
    first = frozenset(key for key in keys if episode.first_seen[key] == at)
    size = float(episode.bytes[at, 1])
    return Held(at, int(episode.place[at]), size, keys, first, used=at)


def _take_in(memory: list[Held | None], new: Held, budget: float, order: Choice | None) -> None:
    for waiting in range(MOST_WAITING + 1):
        free = budget - sum(held.size for held in memory if held is not None)
        if None in memory and new.size <= free:
            memory[memory.index(None)] = new
            return
        if order is None or not _slots(memory):
            return
        leaving = order(memory)
        if waiting == MOST_WAITING:  # nothing more may be dropped: the first that makes room
            leaving = [slot for slot in leaving if new.size <= free + memory[slot].size]
        if not leaving:
            return
        slot = leaving[0]
        if new.size <= free + memory[slot].size:
            memory[slot] = new
            return
        memory[slot] = None


def _ask(memory: list[Held | None], episode: Episode, query: int, at: int) -> None:
    keys = [int(key) for key in episode.query_keys[query] if key >= 0]
    since = bool(episode.query_since[query])
    held = [
        any(key in (record.first if since else record.keys) for record in memory if record)
        for key in keys
    ]
    answered = all(held) if episode.query_all[query] else any(held)
    if not keys or not answered:
        return
    subject = next(key for key in keys if any(key in record.keys for record in memory if record))
    newest = max(
        (record for record in memory if record and subject in record.keys),
        key=lambda record: record.at,
    )
    newest.reads += 1
    newest.used = at + 1


assert FINE == 2  # all records are held in full here
