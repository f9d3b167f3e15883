"""One episode of hidden rules, however it is played: calls first, then one rule after the other."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.tasks.hidden_rule.calls import Call, Outcome
from embodied_mem_envs.tasks.hidden_rule.draw import RULES, draw_rules
from embodied_mem_envs.tasks.hidden_rule.equivalence import agreement
from embodied_mem_envs.tasks.hidden_rule.errors import Errors
from embodied_mem_envs.tasks.hidden_rule.grammar import Grammar, Rule
from embodied_mem_envs.tasks.hidden_rule.locking import action_entropies, locking
from embodied_mem_envs.tasks.hidden_rule.rooms import make_rooms
from embodied_mem_envs.tasks.hidden_rule.world import World

STEPS: Final = 400


@dataclass(frozen=True, kw_only=True)
class GameConfig:
    """What may be chosen about an episode; everything else is drawn from the seed."""

    rooms: int = 6
    """Of the house, 5 to 8."""
    rules: int = RULES
    """How many hidden rules there are, each with a trigger of its own, 1 to 7."""
    steps: int = STEPS
    """How many steps there are before the rules have to be told."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        if not 1 <= self.rules <= 7:
            raise ConfigError(f"rules is {self.rules}; expected 1 to 7")
        if self.steps < 1:
            raise ConfigError(f"steps is {self.steps}; expected 1 or more")


@final
class Game:
    """The state of an episode; `phase` says what may be done next."""

    def __init__(self, seed: int, config: GameConfig | None = None) -> None:
        """Draws the house and its rules.

        Raises:
            ConfigError: If the number of rooms is out of its range.
        """
        self.config = config or GameConfig()
        self.rooms, self.house = make_rooms(seed, self.config.rooms)
        self.grammar = Grammar(rooms=self.rooms)
        rng = np.random.default_rng([seed, 43])
        self.rules = draw_rules(self.grammar, rng, self.config.rules)
        self.world = World(self.rooms, self.rules, start=int(rng.integers(len(self.rooms.names))))
        self.outcome = self.world.outcome()
        self.scores: list[float] = []
        """What each rule that was told is worth, in the order of `rules`."""
        self.gained = 0
        """How the score changed by the last call."""
        self.errors = Errors()
        self._calls: list[Call] = []
        self._submitted = False

    @property
    def exploring(self) -> bool:
        """Whether calls may still be made."""
        return not self._submitted and self.world.step < self.config.steps

    @property
    def asked(self) -> Rule | None:
        """The hidden rule that is to be told now; None while exploring and at the end."""
        told = len(self.scores)
        return None if self.exploring or told == len(self.rules) else self.rules[told]

    @property
    def progress(self) -> float:
        """Mean score over all rules; one that was not told yet counts 0."""
        return sum(self.scores) / len(self.rules)

    def wait(self, steps: int) -> Outcome:
        """Lets steps go by while the robot thinks."""
        self.gained = 0
        self.outcome = self.world.wait(min(steps, self.config.steps - self.world.step))
        return self.outcome

    def do(self, call: Call) -> Outcome:
        """Makes a call; `submit` ends the exploration.

        Raises:
            EvaluationError: If the exploration is over.
        """
        if not self.exploring:
            raise EvaluationError("the exploration is over; tell the rules")
        before, self.outcome = self.outcome, self.world.do(call)
        self.gained = self.outcome.score - before.score
        self.errors.called(self._calls, before, self.outcome, call)
        self._calls.append(call)
        self._submitted = call.tool == "submit"
        if self._submitted:
            self.errors.unused_steps = self.config.steps - self.world.step
        return self.outcome

    def fumble(self) -> Outcome:
        """Lets a step go by for what was no call at all.

        Raises:
            EvaluationError: If the exploration is over.
        """
        if not self.exploring:
            raise EvaluationError("the exploration is over; tell the rules")
        self.errors.invalid_calls += 1
        return self.wait(1)

    def tell(self, answer: Rule | None) -> float:
        """Scores an answer for the rule that is asked, and goes on to the next.

        Args:
            answer: None for what is no rule.

        Raises:
            EvaluationError: If no rule is asked.
        """
        truth = self.asked
        if truth is None:
            raise EvaluationError("no rule is asked for; make calls, or reset")
        score = agreement(truth, answer, self.grammar)
        self.errors.told(truth, answer, self.world.cases)
        self.scores.append(score)
        return score

    def values(self) -> dict[str, float]:
        """Returns the metrics of the episode so far, beside the scores."""
        entropies = action_entropies(self._calls)
        return {
            "action_entropy": sum(entropies) / len(entropies) if entropies else 0.0,
            "locking": locking(entropies),
            "calls": float(len(self._calls)),
            **self.errors.values(),
        }
