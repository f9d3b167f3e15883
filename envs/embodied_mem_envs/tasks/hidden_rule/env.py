"""`EmbodiedMem/HiddenRule-v0`: find out by experiments which rules a house follows."""

from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem.types import BoolArray, UInt8Array
from embodied_mem_envs.tasks.game_env import GameEnv, Observed
from embodied_mem_envs.tasks.hidden_rule.draw import RULES
from embodied_mem_envs.tasks.hidden_rule.game import STEPS, Game, GameConfig
from embodied_mem_envs.tasks.hidden_rule.moves import Layout, RuleBuilder
from embodied_mem_envs.tasks.hidden_rule.pictures import plan_picture, room_picture
from embodied_mem_envs.tasks.hidden_rule.sensing import Senses

_MOST_WAITED: Final = 10
"""Steps that go by at most before one call on the wall clock."""


class HiddenRuleEnv(GameEnv[Game]):
    """Find out by experiments which rules a house follows, and tell them.

    ## Description

    A robot is in a house of some rooms, in which things of five kinds stand that it can activate.
    Some triggers (to activate a thing, to arrive in a room, to rest) follow hidden rules, drawn
    from the seed: if a condition holds, there is an effect on the score, the energy, a door or the
    light of a thing. Conditions are about the room, the energy, the number of the step, the number
    of visits to the room, and what was activated before; what is not in the observation has to be
    remembered. After `steps` steps, or when the robot submits, it is asked for one rule after the
    other. Which triggers follow a rule is told from the start. The task is after UltraHorizon
    (arXiv 2509.21766), with rules drawn for each seed and no judge; the grammar is in
    `embodied_mem_envs.tasks.hidden_rule.grammar`.

    ## Action Space

    `Discrete(N)` with the actions below in this order; R is the number of rooms, A = 2 R + 65 the
    number of atoms. While exploring one makes calls; then each rule is told field by field: a
    joint, a literal, another literal where two are joined, and an effect.

    | Count  | Action                                                                    |
    |--------|---------------------------------------------------------------------------|
    | R      | Move to a room behind a door: 1 energy, 2 through a shut door             |
    | 5      | Activate a bucket, candle, globe, toolbox or vase of this room            |
    | 1      | Rest: 3 energy, up to 9                                                   |
    | 1      | Look: nothing that the observation does not have                          |
    | 1      | Note: takes a step, as writing down does; the memory is the policy's own  |
    | 1      | Submit: the rules are asked for now                                       |
    | 3      | Joint: one literal, `and`, `or`                                           |
    | A      | Literals, in the order of `Grammar.atoms`                                 |
    | A      | Their opposites                                                           |
    | 6      | Effects on the score: -3, -2, -1, 1, 2, 3                                 |
    | 4      | Effects on the energy: -3, -2, 2, 3, by activations only                  |
    | 5      | Effects on a kind of thing: its light is toggled                          |
    | 2 R    | Effects on a door: it is toggled                                          |

    `info["action_mask"]` and `action_masks()` tell which are possible now. While exploring, one
    that is not takes its step and does nothing; while telling, it leaves the rule untold.

    ## Observation Space

    A `Dict` of vectors; D = 2 R is the number of doors that there is room for:

    | Key     | Shape        | Type    | Min | Max | Meaning                                     |
    |---------|--------------|---------|-----|-----|---------------------------------------------|
    | `state` | (R + D + 9,) | float32 | -1  | 1   | What is sensed now, see below               |
    | `map`   | (R D + 5 R,) | float32 | 0   | 1   | The rooms of each door, then of each kind   |
    | `task`  | (19,)        | float32 | 0   | 1   | Phase, trigger asked for, triggers of rules |

    `state` holds the room (one-hot), energy / 9, step / `steps`, the last change of the score / 3,
    whether the last call failed, which doors are shut and which kinds are lit. `task` holds the
    phase (one-hot of 5: exploring, or the field to be told next), the trigger whose rule is asked
    for (one-hot of 7) and the triggers that follow a rule (7).
    Triggers are in the order of `Grammar.triggers`: the five kinds, arrive, rest.

    ## Rewards

    For each rule that is told its score in [0, 1] over the number of rules: Cohen's kappa of the
    told and the hidden rule over all cases, 1 where they are equivalent and 0 where the agreement
    is that of chance. The return is `info["progress"]`.

    ## Starting State

    House, things, rules and the first room are drawn from the seed; the energy is 6.
    `reset(options={"episode_seed": n})` chooses the episode.

    ## Episode End

    Termination: after the last rule, which is at most `steps` + 4 times the number of rules actions
    after the start. There is no truncation. `info["truth"]` then holds the hidden rules.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/HiddenRule-v0", steps=50)
    >>> observation, info = env.reset(seed=7)
    >>> sorted(observation), int(env.action_space.n), observation["state"].shape
    (['map', 'state', 'task'], 199, (27,))

    ```

    | Parameter     | Type            | Default    | Description                                   |
    |---------------|-----------------|------------|-----------------------------------------------|
    | `rooms`       | **int**         | `6`        | Rooms of every house, 5 to 8                  |
    | `rules`       | **int**         | `6`        | Hidden rules, 1 to 7                          |
    | `steps`       | **int**         | `400`      | Steps before the rules are asked for          |
    | `clock`       | **str**         | `"paused"` | What thinking costs                           |
    | `latency`     | **float**       | `2.0`      | Seconds a call takes on the simulated clock   |
    | `render_mode` | **str or None** | `None`     | `"rgb_array"`, `"human"`: room and plan       |

    A step is a second. With `clock="simulated"` `ceil(latency)` steps go by before each call, with
    `clock="wall"` as many as the learner really took, 10 at most.

    ## Version History

    * v0: Initial version.
    """

    def __init__(
        self,
        *,
        rooms: int = 6,
        rules: int = RULES,
        steps: int = STEPS,
        clock: ClockMode = "paused",
        latency: float = 2.0,
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        super().__init__(
            "EmbodiedMem/HiddenRule-v0", clock=clock, latency=latency, render_mode=render_mode
        )
        self._config = GameConfig(rooms=rooms, rules=rules, steps=steps)
        self._layout = Layout(rooms=rooms)
        self._senses = Senses(self._layout, steps)
        self.observation_space: gym.Space[Any] = self._senses.space()
        self.action_space = spaces.Discrete(self._layout.actions)
        self._builder: RuleBuilder | None = None

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Makes a call, or fills a field of a rule; see the class docstring.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet, or the episode has ended.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        game, number = self.game, self._checked(action)
        if game.exploring:
            reward = 0.0
            self._call(game, number)
        elif game.asked is not None:
            reward = self._fill(game, number)
        else:
            raise gym.error.ResetNeeded("all rules were told; call reset() first")
        if self._builder is None and game.asked is not None:
            self._builder = RuleBuilder(self._layout, game.grammar, game.asked.trigger)
        ended = not game.exploring and game.asked is None
        self._rest()
        return self._observation(), reward, ended, False, self._info()

    def action_masks(self) -> BoolArray:
        """Returns which actions are possible now; all where the episode has ended.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        game = self.game
        if self._builder is not None:
            return self._builder.mask()
        mask = np.zeros(self._layout.actions, bool)
        if game.exploring:
            mask[: self._layout.calls] = [
                game.world.possible(self._layout.call(action, game))
                for action in range(self._layout.calls)
            ]
        else:
            mask[:] = True
        return mask

    # -- inside --------------------------------------------------------------------------------

    def _begin(self, seed: int) -> Game:
        self._builder = None
        return Game(seed, self._config)

    def _call(self, game: Game, action: int) -> None:
        thought = self._ticks_thought(_MOST_WAITED)
        if thought:
            game.wait(thought)
        if not game.exploring:
            return
        if action < self._layout.calls:
            game.do(self._layout.call(action, game))
        else:
            game.fumble()

    def _fill(self, game: Game, action: int) -> float:
        builder = self._builder
        assert builder is not None
        if not builder.mask()[action]:
            self._builder = None
            return game.tell(None) / len(game.rules)
        builder.take(action)
        if builder.rule is None:
            return 0.0
        self._builder = None
        return game.tell(builder.rule) / len(game.rules)

    def _observation(self) -> Observed:
        field = 0 if self._builder is None else 1 + self._builder.field
        return self._senses.observe(self.game, field)

    def _info(self) -> dict[str, Any]:
        game = self.game
        info: dict[str, Any] = {
            "action_mask": self.action_masks().astype(np.int8),
            "progress": game.progress,
        }
        if not game.exploring and game.asked is None:
            info["truth"] = [rule.text for rule in game.rules]
            info["is_success"] = game.progress >= 1.0 - 1e-9
        return info

    def _picture(self) -> UInt8Array:
        game = self.game
        room = game.world.room
        return np.hstack([room_picture(game.house, room), plan_picture(game.house, room)])
