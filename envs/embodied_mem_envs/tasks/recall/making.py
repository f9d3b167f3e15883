"""Makes asks: words, places or options, and the truth beside them."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem_envs.tasks.recall.drawn import Drawn, Goal, Word, option_of
from embodied_mem_envs.tasks.recall.log import Lies, TrueCarry, TrueStay

_OPTIONS: Final = 4


@final
class AskMaker:
    """Makes asks, with one source of chance for their wording and their options."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def pick(self, templates: Sequence[str]) -> str:
        """Draws one of several ways to say something."""
        return templates[int(self._rng.integers(len(templates)))]

    def places(
        self,
        kind: str,
        template: str,
        text: str,
        where: Sequence[Lies],
        carries: Sequence[TrueCarry],
    ) -> Drawn:
        """Makes an ask for the places where some things lay, in order."""
        return Drawn(
            kind=kind,
            template=template,
            text=text,
            goals=tuple(Goal(box=lying.box) for lying in where),
            relevant=tuple(carry.picked for carry in carries),
        )

    def in_rooms(
        self,
        kind: str,
        template: str,
        text: str,
        stays: Sequence[TrueStay],
        ticks: Sequence[int] = (),
    ) -> Drawn:
        """Makes an ask for the rooms of some stays, in order."""
        goals = [
            Goal(box=((*stay.room.min, 0.0), (*stay.room.max, 0.0)), radius=0.0) for stay in stays
        ]
        return Drawn(
            kind=kind,
            template=template,
            text=text,
            goals=tuple(goals),
            relevant=tuple(ticks) or tuple(stay.start for stay in stays),
        )

    def word(
        self,
        kind: str,
        template: str,
        text: str,
        expected: Word,
        pool: Sequence[Word],
        carries: Sequence[TrueCarry],
        ticks: Sequence[int] = (),
    ) -> Drawn:
        """Makes an ask for a word, with others of a pool as further options."""
        right = option_of(expected)
        wrong = [option_of(word) for word in pool if option_of(word) != right]
        wrong = [wrong[index] for index in self._rng.permutation(len(wrong))][: _OPTIONS - 1]
        options = [right, *wrong]
        order = self._rng.permutation(len(options)).tolist()
        return Drawn(
            kind=kind,
            template=template,
            text=text,
            expected=expected,
            options=tuple(options[index] for index in order),
            right=order.index(0),
            relevant=tuple(carry.picked for carry in carries) or tuple(ticks),
        )
