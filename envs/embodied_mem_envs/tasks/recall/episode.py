"""One seeded episode: a history in a house, then what is asked of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import final

import numpy as np

from embodied_mem_envs.evaluation.metrics import spl
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply
from embodied_mem_envs.tasks.recall.asks import draw_asks
from embodied_mem_envs.tasks.recall.config import RecallConfig
from embodied_mem_envs.tasks.recall.drawn import Drawn, judge, values_of
from embodied_mem_envs.tasks.recall.tale import Tale
from embodied_mem_envs.tasks.task_body import TaskBody


@final
class RecallEpisode(AskingEpisode):
    """A robot tours a house on two or three visits, carries things, and is asked about it all.

    The pictures of its way are the history; its hand tells in `proprioception` whether it holds
    something (`holding`, 1 or 0) and where it is (`hand_x`, `hand_y`, `hand_z`, metres in the
    body's frame). What it takes is gone from its place until it sets it down elsewhere. Between
    the visits others move things, too. Then come the asks, after FindingDory (Yadav et al. 2025).

    Args:
        seed: What it is drawn from.
        config: How much happens and is asked; the defaults where None.
    """

    def __init__(self, seed: int, config: RecallConfig | None = None) -> None:
        super().__init__("recall", seed)
        self.config = config or RecallConfig()
        self.tale = Tale(seed, self.config)
        """The history and its truth: for evaluations and bounds, never for an agent."""
        self._rng = np.random.default_rng([seed, 162])
        self._body = TaskBody(self.tale.robot.body)
        self._drawn: list[Drawn] = []
        self._walked: set[int] = set()
        self._shortest = 0.0
        self._asks: int | None = None
        self._happenings = self._happen()

    @property
    def asks(self) -> int:
        """How many asks the whole episode has."""
        return self.config.asks if self._asks is None else self._asks

    @property
    def body(self) -> TaskBody:
        """What may be moved while an ask with ticks is open."""
        return self._body

    def truth_of(self, number: int) -> Drawn:
        """Returns the truth of an ask: for evaluations and bounds, never for an agent."""
        return self._drawn[number]

    def chance_of(self, number: int) -> float:
        """Returns how likely a blind reply to an ask is right."""
        return self._drawn[number].chance(self.tale.log.poses)

    # -- inside --------------------------------------------------------------------------------

    def _advance(self) -> Happening | None:
        return next(self._happenings, None)

    def _happen(self) -> Iterator[Happening]:
        yield from self.tale.happen()
        self._body.connect()
        most = 1 if self.config.walked is None else None
        self._drawn = draw_asks(
            self.tale.log, self.tale.house, self.config.asks, self._rng, most_places=most
        )
        self._asks = len(self._drawn)
        single = [
            number
            for number, drawn in enumerate(self._drawn)
            if len(drawn.goals) == 1 and np.isfinite(self._way_to_goal(drawn))
        ]
        self._walked = set(single[: self.config.walked])
        for number, drawn in enumerate(self._drawn):
            yield self._ask(number, drawn)

    def _ask(self, number: int, drawn: Drawn) -> Ask:
        ask = Ask(
            number=number,
            kind=drawn.kind,
            text=drawn.text,
            form="places" if drawn.goals else "words",
            options=drawn.options,
            places=max(1, len(drawn.goals)),
        )
        if number not in self._walked:
            return ask
        self._shortest = self._way_to_goal(drawn)
        self._body.allow(self.config.walk_ticks)
        return replace(ask, form="stop", max_ticks=self.config.walk_ticks)

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        drawn, chance = self._drawn[ask.number], self.chance_of(ask.number)
        if ask.form != "stop":
            return judge(drawn, reply, chance)
        x, y, _ = self._body.true_place
        right, metres = drawn.goals[0].holds(x, y), self._body.metres
        self._body.allow(0)
        return Judgement(
            right=right,
            progress=float(right),
            reason=f"stopped {'at' if right else 'away from'} the place after {metres:.1f} m",
            values={
                **values_of(drawn, right, chance),
                "spl": spl(float(right), self._shortest, metres),
                "path_metres": metres,
                "shortest_metres": self._shortest,
            },
        )

    def _way_to_goal(self, drawn: Drawn) -> float:
        """Returns the metres on foot from where the body stands to where a stop is right."""
        floor = self.tale.robot.floor
        distances = floor.distances([self._body.true_place])
        right = [drawn.goals[0].holds(float(x), float(y)) for x, y, _ in floor.points]
        return float(distances[np.array(right, bool)].min(initial=np.inf))
