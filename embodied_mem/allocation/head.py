"""The one head that every allocator is a policy of: an operation and the entry that it is about.

A decision is about K + 1 entries: the K slots of the memory, and the candidate as the last entry.
Four operations for each make 4 (K + 1) actions, numbered entry by entry. A policy gives each of
them a score, so it works with any K.

| operation | of a slot j | of the candidate |
|---|---|---|
| `OVER`  | DELETE j and ADD the candidate, at once | ADD the candidate into free room |
| `MERGE` | UPDATE j to what the candidate shows; what j was used for stays | never valid |
| `LOWER` | UPDATE the level of j; the candidate still waits | take the candidate in coarse |
| `DROP`  | DELETE j; the candidate still waits | refuse the candidate (NOOP) |
"""

from typing import Final

import numpy as np

from embodied_mem.types import AnyArray

OVER: Final = 0
MERGE: Final = 1
LOWER: Final = 2
DROP: Final = 3
OPERATIONS: Final = ("over", "merge", "lower", "drop")
MOST_WAITING: Final = 4
"""Operations that leave the candidate waiting, at most, before it is taken in or refused."""


def action_of(entry: AnyArray | int, operation: AnyArray | int) -> AnyArray:
    """Returns the number of an action; both arguments broadcast."""
    action: AnyArray = np.asarray(entry) * len(OPERATIONS) + np.asarray(operation)
    return action


def entry_and_operation(action: AnyArray | int) -> tuple[AnyArray, AnyArray]:
    """Returns what `action_of` was given."""
    entry, operation = np.divmod(np.asarray(action), len(OPERATIONS))
    return entry, operation
