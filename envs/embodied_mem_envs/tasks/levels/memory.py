"""The memory level: choose a picture, a frontier or an answer; memory and legs are the product's.

As 3D-Mem decides (Yang et al. 2025, section 3.4): whoever chooses a picture goes there and is done;
whoever chooses a frontier walks to it and chooses anew.
"""

from typing import Any, Final, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.navigation import Pose2
from embodied_mem.brain.seeking.approach import Approach
from embodied_mem.brain.seeking.own_memory import OwnMemory
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import LookAround
from embodied_mem.brain.walking import VisitFrontier
from embodied_mem.memory.facts import ObjectFact
from embodied_mem.types import BoolArray, Observation
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply
from embodied_mem_envs.tasks.levels.asked import AskedConfig, asked_observation, asked_spaces
from embodied_mem_envs.tasks.levels.choices import (
    FrontierChoice,
    PictureChoice,
    frontier_choices,
    picture_choices,
)
from embodied_mem_envs.tasks.levels.from_picture import answer_from
from embodied_mem_envs.tasks.levels.level import Observed
from embodied_mem_envs.tasks.levels.play import Play
from embodied_mem_envs.tasks.levels.shown import shown_arrays, shown_spaces
from embodied_mem_envs.tasks.levels.walker import Walker

PICTURES: Final = 12
"""Pictures of the memory to choose from."""
FRONTIERS: Final = 6
"""Frontiers to choose from."""


@final
class MemoryLevel:
    """Chooses from the product's own memory; implements `Level`.

    Actions: `PICTURES` pictures, `FRONTIERS` frontiers, the options, and at last to give up.
    """

    def __init__(self, asked: AskedConfig) -> None:
        self._asked = asked
        self._play: Play | None = None
        self._memory: OwnMemory | None = None
        self._walker: Walker | None = None
        self._looked = False
        self._pictures: list[PictureChoice] = []
        self._frontiers: list[FrontierChoice] = []
        self._actions = PICTURES + FRONTIERS + asked.options + 1
        self.action_space: spaces.Space[Any] = spaces.Discrete(self._actions)
        self.observation_space = spaces.Dict(
            {
                **shown_spaces(PICTURES, FRONTIERS),
                **asked_spaces(asked),
                "action_mask": spaces.MultiBinary(self._actions),
            }
        )

    def begin(self, play: Play) -> None:
        """Starts with an empty memory, and takes in all that happens before the first ask."""
        self.close()
        self._play = play
        hippocampus = build_hippocampus(
            MemoryConfig(allocator="value"), seed=play.episode.seed % (1 << 31)
        )
        self._memory = OwnMemory(hippocampus, Searched())
        self._walker, self._looked = None, False
        self._go_on()

    def act(self, action: Any) -> None:
        """Goes to a picture and replies, walks to a frontier, or answers."""
        play, number = self._playing(), int(action)
        if play.ended:
            return
        play.think()
        if PICTURES <= number < PICTURES + FRONTIERS:
            self._walk_to(number - PICTURES)
            self._consider()
            return
        play.submit(self._reply(number))
        self._go_on()

    def observe(self) -> Observed:
        """Returns the pictures and frontiers to choose from, and what is asked."""
        play = self._playing()
        pose, tick = self._here()
        return {
            **shown_arrays(self._pictures, self._frontiers, pose, tick, PICTURES, FRONTIERS),
            **asked_observation(play, self._asked),
            "action_mask": self.mask().astype(np.int8),
        }

    def mask(self) -> BoolArray:
        """Returns which choices there are; giving up always is one."""
        play = self._playing()
        mask = np.zeros(self._actions, bool)
        mask[-1] = True
        if play.ask is not None:
            mask[: len(self._pictures)] = True
            walkable = len(self._frontiers) if play.body is not None else 0
            mask[PICTURES : PICTURES + walkable] = True
            first = PICTURES + FRONTIERS
            mask[first : first + min(len(play.ask.options), self._asked.options)] = True
        return mask

    def close(self) -> None:
        """Closes the store."""
        if self._memory is not None:
            self._memory.hippocampus.store.close()
            self._memory = None
        self._pictures, self._frontiers = [], []

    # -- inside --------------------------------------------------------------------------------

    def _playing(self) -> Play:
        if self._play is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        return self._play

    @property
    def _hippocampus(self) -> Hippocampus:
        assert self._memory is not None
        return self._memory.hippocampus

    def _here(self) -> tuple[Pose2 | None, int]:
        latest = self._hippocampus.latest
        return (None, 0) if latest is None else (Pose2.of(latest.T_world_body), latest.tick)

    def _go_on(self) -> None:
        """Takes in what happens until something is asked, and looks around in a new place."""
        play, memory = self._playing(), self._memory
        assert memory is not None
        while not play.ended and play.ask is None:
            happening = play.advance()
            if isinstance(happening, Observation):
                memory.observe(happening)
            elif isinstance(happening, NewVisit):
                memory.new_visit()
                self._looked = False
                if self._walker is not None:
                    self._walker.forget_look()
        if play.body is not None and not self._looked:
            self._looked = True
            self._run(LookAround(self._walking().cerebellum.gait))
        self._consider()

    def _consider(self) -> None:
        """Brings up to date what can be chosen."""
        play = self._playing()
        self._pictures, self._frontiers = [], []
        if play.ask is None or self._hippocampus.latest is None:
            return
        self._hippocampus.consolidate()
        self._pictures = picture_choices(self._hippocampus, play.ask.text, PICTURES)
        pose, _ = self._here()
        if play.body is not None and pose is not None:
            cerebellum = self._walking().cerebellum
            self._frontiers = frontier_choices(
                self._hippocampus,
                cerebellum.navigator,
                pose,
                cerebellum.gait.max_step,
                FRONTIERS,
            )

    def _walking(self) -> Walker:
        """Returns the walker, made when it is needed first."""
        body = self._playing().episode.body
        assert body is not None
        if self._walker is None:
            self._walker = Walker(body, self._hippocampus)
        return self._walker

    def _run(self, skill: Skill[Any]) -> Status:
        """Runs a skill for as long as the ask has ticks."""
        play = self._playing()
        status, play.left = self._walking().run(skill, play.left)
        play.seen = self._hippocampus.latest
        return status

    def _walk_to(self, index: int) -> None:
        """Walks to a frontier or takes stairs; what cannot be reached is given up."""
        if index >= len(self._frontiers) or self._playing().body is None:
            return
        choice = self._frontiers[index]
        cerebellum, scene = self._walking().cerebellum, self._hippocampus.scene
        left = self._playing().left
        if choice.change is not None:
            if self._run(cerebellum.changing_floor(choice.change)) is Status.FAILED:
                if choice.change.steps is not None:
                    scene.storeys.drop_hint(choice.change.steps)
                else:
                    scene.storeys.retire_stairs(choice.change.stairs)
            return
        assert choice.frontier is not None
        config = cerebellum.config.walk
        walk = VisitFrontier(choice.frontier, cerebellum.navigator, cerebellum.gait, config)
        if self._run(walk) is Status.FAILED or self._playing().left == left:
            scene.retire_frontier(choice.id)

    def _reply(self, number: int) -> Reply:
        """Returns an option, or what a picture leads to; giving up and empty places say nothing."""
        ask = self._playing().ask
        assert ask is not None
        if number < PICTURES:
            return self._from_picture(ask, number) if number < len(self._pictures) else Reply()
        option = number - PICTURES - FRONTIERS
        if option < min(len(ask.options), self._asked.options):
            return Reply(text=ask.options[option], choice=option)
        return Reply()

    def _from_picture(self, ask: Ask, index: int) -> Reply:
        choice = self._pictures[index]
        if ask.form == "stop":
            if self._playing().body is not None:
                self._run(self._approach(choice.things[0]))
            return Reply(text=choice.things[0].category)
        if ask.form == "places":
            places = tuple(fact.position for fact in choice.things[: ask.places])
            return Reply(text=choice.things[0].category, places=places)
        answer = answer_from(self._hippocampus.store, choice, ask.text)
        return Reply(text=answer.text, answer=answer)

    def _approach(self, thing: ObjectFact) -> Skill[Any]:
        """Returns the skill that goes to a thing, over stairs where it is on another floor."""
        cerebellum = self._walking().cerebellum

        def make() -> Skill[Any]:
            return Approach(thing.box_min, thing.box_max, cerebellum.navigator, cerebellum.gait)

        floor = self._hippocampus.scene.storeys.index_at(thing.box_min[2])
        return cerebellum.on_floor(floor, make)
