"""Which thing a picture showed, by what the scene layer came to know of it later.

A row of the scene's objects can turn out to be another one: the same thing seen twice, or a thing
that was moved and was first taken for a new one. Its earlier views are that thing's then, as they
are in the scene's own pictures.
"""

from typing import final

import numpy as np

from embodied_mem.scene.snapshots import SnapshotSelector
from embodied_mem.types import Float32Array, Int64Array


@final
class WatchedSnapshots(SnapshotSelector):
    """The scene's choice of pictures, which hears of every view and of every joining of rows.

    Attributes:
        rows: (n,) what the last frame showed.
        view: (n,) how well.
        joined: (row that is no more, row that it turned out to be) since `clear`.
    """

    rows: Int64Array
    view: Float32Array
    joined: list[tuple[int, int]]

    def clear(self) -> None:
        """Forgets the last frame."""
        self.rows, self.view = np.zeros(0, np.int64), np.zeros(0, np.float32)
        self.joined = []

    def wants(self, rows: Int64Array, quality: Float32Array) -> bool:
        """Tells whether a frame could win, and notes what it shows."""
        self.rows, self.view = rows.copy(), quality.copy()
        return super().wants(rows, quality)

    def merge_rows(self, gone: int, into: int) -> None:
        """Re-points all views of one object to another, and notes it."""
        self.joined.append((gone, into))
        super().merge_rows(gone, into)


@final
class Identity:
    """Rows that turned out to be others, and how far their counts of moves were apart."""

    def __init__(self) -> None:
        self._into: dict[int, tuple[int, int]] = {}

    def join(self, gone: int, into: int, offset: int) -> None:
        """Notes that a row is another one.

        Args:
            gone: The row that is no more.
            into: The row that goes on.
            offset: Moves known of `into` now, less those that were known of `gone`.
        """
        self._into[gone] = (into, offset)

    def resolve(self, row: int, version: int) -> tuple[int, int]:
        """Returns the row that a row is in the end, and its version by that row's count."""
        while row in self._into:
            row, offset = self._into[row]
            version += offset
        return row, max(version, 0)
