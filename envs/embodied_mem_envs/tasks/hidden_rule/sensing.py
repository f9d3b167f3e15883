"""What a policy sees of an episode of hidden rules, as vectors."""

from typing import Final, final

import numpy as np
from gymnasium import spaces

from embodied_mem.types import Float32Array
from embodied_mem_envs.tasks.hidden_rule.game import Game
from embodied_mem_envs.tasks.hidden_rule.grammar import MOST_ENERGY
from embodied_mem_envs.tasks.hidden_rule.moves import Layout
from embodied_mem_envs.tasks.hidden_rule.rooms import KINDS

PHASES: Final = 5
"""Exploring, or which field of a rule is to be told: joint, first, second literal, effect."""


@final
class Senses:
    """Makes the observations of `HiddenRuleEnv`, whose docstring says what they mean."""

    def __init__(self, layout: Layout, steps: int) -> None:
        self._layout = layout
        self._steps = steps

    def space(self) -> spaces.Dict:
        """Returns the observation space."""
        rooms, doors = self._layout.rooms, self._layout.doors
        return spaces.Dict(
            {
                "state": spaces.Box(-1.0, 1.0, (rooms + doors + len(KINDS) + 4,), np.float32),
                "map": spaces.Box(0.0, 1.0, (rooms * (doors + len(KINDS)),), np.float32),
                "task": spaces.Box(0.0, 1.0, (PHASES + 2 * self._layout.triggers,), np.float32),
            }
        )

    def observe(self, game: Game, phase: int) -> dict[str, Float32Array]:
        """Returns the observation of now.

        Args:
            game: The episode.
            phase: 0 while exploring, else 1 plus the field that is to be told.
        """
        return {"state": self._state(game), "map": self._map(game), "task": _task(game, phase)}

    def _state(self, game: Game) -> Float32Array:
        outcome, world = game.outcome, game.world
        room = np.zeros(self._layout.rooms)
        room[world.room] = 1.0
        shut = np.zeros(self._layout.doors)
        shut[list(world.shut)] = 1.0
        lit = np.zeros(len(KINDS))
        lit[list(world.lit)] = 1.0
        numbers = [
            world.energy / MOST_ENERGY,
            min(1.0, world.step / self._steps),
            game.gained / 3.0,
            float(bool(outcome.error)),
        ]
        return np.concatenate([room, numbers, shut, lit]).astype(np.float32)

    def _map(self, game: Game) -> Float32Array:
        joined = np.zeros((self._layout.doors, self._layout.rooms), np.float32)
        for door, pair in enumerate(game.rooms.doors):
            joined[door, list(pair)] = 1.0
        stands = np.zeros((len(KINDS), self._layout.rooms), np.float32)
        for kind, rooms in enumerate(game.rooms.things):
            stands[kind, list(rooms)] = 1.0
        return np.concatenate([joined.ravel(), stands.ravel()])


def _task(game: Game, phase: int) -> Float32Array:
    triggers = game.grammar.triggers
    phases = np.zeros(PHASES)
    phases[phase] = 1.0
    asked = game.asked
    open_ = [asked is not None and asked.trigger == trigger for trigger in triggers]
    ruled = [any(rule.trigger == trigger for rule in game.rules) for trigger in triggers]
    return np.concatenate([phases, open_, ruled]).astype(np.float32)
