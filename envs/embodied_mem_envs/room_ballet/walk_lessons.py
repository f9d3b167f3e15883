"""What a reader of Short-Stay is taught: walks of which every room is asked about."""

from typing import final

import numpy as np

from embodied_mem.models.training.lessons import Lesson
from embodied_mem_envs.room_ballet.batches import walk_batch
from embodied_mem_envs.room_ballet.short_stay import Stay, Walks, draw_walks

_EASY = (Stay(rooms=1, steps=64), Stay(rooms=4, steps=320))
_MORE = 4
"""So many more walks are in a lesson at most, where a walk has few rooms to ask for."""


@final
class WalkLessons:
    """Walks through one room, through four, and then through as many as there are to be.

    Args:
        stay: Of the last stage.
        newest: So many entries at the end of the walk are kept, and the rest is not in memory; all
            where it is None.
    """

    def __init__(self, stay: Stay, newest: int | None = None) -> None:
        self._stays = (*_EASY, stay)
        self._newest = newest

    @property
    def stages(self) -> int:
        """How many there are."""
        return len(self._stays)

    def draw(self, rng: np.random.Generator, stage: int, episodes: int) -> Lesson:
        """Returns a lesson of so many walks, or of more where they are short."""
        stay = self._stays[stage]
        more = min(_MORE, max(1, self._stays[-1].rooms // stay.rooms))
        return self.of(draw_walks(stay, episodes * more, rng))

    def of(self, walks: Walks) -> Lesson:
        """Returns the lesson that asks for each room of some walks, in the order of the rooms."""
        asked = np.tile(np.arange(walks.stay.rooms), (len(walks), 1))
        memories, answers = walk_batch(walks, asked, newest=self._newest)
        return Lesson(memories=memories, answers=answers)
