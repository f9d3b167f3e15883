"""What is to become of the records of a store for one candidate, operation by operation."""

from typing import final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, OPERATIONS, OVER
from embodied_mem.allocation.seen import COARSE_SHARE, Candidate, Seen
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL
from embodied_mem.allocation.view import Slots, StoreView
from embodied_mem.types import BoolArray, Float64Array


@final
class Plan:
    """The operations chosen so far; nothing of the store changes here.

    Entries are the records that are decided about, in the order of their slots.

    Args:
        seen: What is noted; the store must have been met.
        view: The store.
        candidate: What came.
        may_go: Whether each of `view.slots` may be dropped or lowered.

    Attributes:
        slots: (N,) store slots of the records that are entries.
        bytes: (N,) live bytes that each takes in the store.
        gone: (N,) whether each is dropped.
        dropped: The same as indices, in the order in which they were dropped.
        lowered: (N,) whether each is lowered.
        coarse: Whether the candidate is taken in coarse.
        fine_bytes: Bytes of the candidate that this spares.
        waiting: Operations so far.
    """

    def __init__(
        self, seen: Seen, view: StoreView, candidate: Candidate, may_go: BoolArray
    ) -> None:
        self._seen, self._view = seen, view
        # What an update changes is about to be replaced: it is no entry of its own.
        own = view.slots_of([candidate.record.id])
        subject = seen.subjects(view) & ~np.isin(view.slots, own)
        self.slots: Slots = view.slots[subject]
        self.bytes: Float64Array = view.bytes[subject]
        self._may_go: BoolArray = may_go[subject]
        self.gone: BoolArray = np.zeros(len(self.slots), bool)
        self.dropped: list[int] = []
        self.lowered: BoolArray = np.zeros(len(self.slots), bool)
        self.coarse = False
        self.waiting = 0
        self._missing = view.missing_bytes(candidate.record)
        self.fine_bytes = float(sum(map(len, candidate.record.payload[COARSE_LEVEL:])))

    def drop(self, entry: int) -> None:
        """Lets a record go."""
        self.gone[entry] = True
        self.dropped.append(entry)

    @property
    def missing(self) -> float:
        """Bytes that still have to go before the candidate fits."""
        freed = self.bytes[self.gone].sum() + self.saving[self.lowered & ~self.gone].sum()
        return self._missing - float(freed) - self.coarse * self.fine_bytes

    @property
    def hopeless(self) -> bool:
        """Whether the candidate would not even fit if all that may go went."""
        all_of_it = float(self.bytes[self._may_go].sum())
        return self._missing - self.fine_bytes > all_of_it

    @property
    def held_bytes(self) -> Float64Array:
        """(N,) live bytes that each takes now; 0 for those that are dropped."""
        return np.where(self.gone, 0.0, self.bytes - self.lowered * self.saving)

    @property
    def saving(self) -> Float64Array:
        """(N,) bytes that lowering each frees, guessed where that was never measured."""
        columns = self._view.columns
        payload = columns.payload_bytes[self.slots].astype(np.float64)
        coarse = self._seen.coarse_bytes[self.slots]
        coarse = np.where(np.isnan(coarse), COARSE_SHARE * payload, coarse)
        fine = columns.level[self.slots] > COARSE_LEVEL
        return np.where(fine, np.maximum(payload - coarse, 0.0), 0.0)

    @property
    def in_full(self) -> BoolArray:
        """(N,) whether each is held, and not only coarse."""
        columns = self._view.columns
        coarse = columns.layers[self.slots] > COARSE_LEVEL
        coarse &= (columns.level[self.slots] <= COARSE_LEVEL) | self.lowered
        return ~coarse & ~self.gone

    def is_guess(self, entry: int) -> bool:
        """Tells whether what lowering an entry frees is only guessed."""
        return bool(np.isnan(self._seen.coarse_bytes[self.slots[entry]]))

    def measure(self, entry: int, coarse_bytes: float) -> None:
        """Replaces a guess."""
        self._seen.coarse_bytes[self.slots[entry]] = coarse_bytes

    def mask(self, *, forced: bool) -> BoolArray:
        """Returns (N + 1, 4) what is valid now.

        MERGE never is: each record of a store stands for one frame that the scene kept and knows by
        its id. However often the candidate had to wait, it may go on: sizes differ more than in the
        environment, and the last few records would have to pay for that.

        Args:
            forced: Whether the candidate may not be refused.
        """
        mask = np.zeros((len(self.slots) + 1, len(OPERATIONS)), bool)
        missing, saving = self.missing, self.saving
        there = self._may_go & ~self.gone
        mask[:-1, OVER] = there & (self.held_bytes >= missing)
        mask[-1, OVER] = missing <= 0
        mask[:-1, LOWER] = there & ~self.lowered & (saving > 0)
        mask[:-1, DROP] = there
        mask[-1, LOWER] = not self.coarse and self.fine_bytes > 0
        mask[-1, DROP] = not forced
        return mask
