"""A trained reader that answers from memories of dances; needs torch."""

from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem.models.sat.reader import Reader
from embodied_mem.types import Int64Array
from embodied_mem_envs.room_ballet.batches import dance_batch
from embodied_mem_envs.room_ballet.multi_task import Episodes

_AT_ONCE: Final = 64
TOKENS: Final = 16
"""Of a question to the published model, all alike."""


def shipped_reader() -> Path:
    """Returns where the reader lies that comes with the package, for `RoomBallet-v0(reader=...)`.

    It was trained on memories of the published game, any nine of eighteen dances; its JSON says how
    and what it reached.
    """
    return asset_path("readers/room_ballet.safetensors")


@final
class FrozenReader:
    """An `reading.Answerer` that is a reader with its weights as they are.

    Args:
        reader: Trained, or the path that it was saved to.

    Raises:
        ConfigError: If it cannot be read.
    """

    def __init__(self, reader: Reader | Path) -> None:
        self.reader: Final = Reader.load(reader) if isinstance(reader, Path) else reader
        self._tokens = TOKENS if self.reader.config.sat.published else 1

    def __call__(self, episodes: Episodes, kept: Int64Array, asked: Int64Array) -> Int64Array:
        """Returns (B, Q) the motions it takes the dances (B, Q) for, from memories (B, K)."""
        answers = np.zeros(asked.shape, np.int64)
        for start in range(0, len(asked), _AT_ONCE):
            rows = np.arange(start, min(start + _AT_ONCE, len(asked)))
            memories, _ = dance_batch(
                episodes.some(rows), kept[rows], asked[rows], tokens=self._tokens
            )
            answers[rows] = self.reader.answer(memories).argmax(dim=-1).numpy()
        return answers
