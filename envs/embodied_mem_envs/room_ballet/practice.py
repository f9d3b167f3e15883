"""What a reader of Room Ballet is trained and examined on, and its trainer, by name."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, final

import numpy as np

from embodied_mem.allocation.training.session import Examination
from embodied_mem.errors import unknown_name
from embodied_mem.models.sat.config import Read, SATConfig
from embodied_mem.models.sat.published import published_config
from embodied_mem.models.sat.reader import Reader, ReaderConfig
from embodied_mem.models.training.lessons import Lesson
from embodied_mem.models.training.reader import ReaderTrainer, ReadingConfig
from embodied_mem.types import BoolArray, Int64Array
from embodied_mem_envs.room_ballet.batches import dance_batch, draw_kept
from embodied_mem_envs.room_ballet.frozen import TOKENS, FrozenReader
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES
from embodied_mem_envs.room_ballet.multi_task import (
    FULL,
    REDUCED,
    TASKS,
    Episodes,
    Game,
    draw_episodes,
)
from embodied_mem_envs.room_ballet.pictures import square_pictures
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

GAMES: Final = {"full": FULL, "reduced": REDUCED}
_FEW: Final = (1, 2, 4)
"""Dances in memory in the stages before the last."""
_VALIDATION: Final = 7_340_033
"""Added to a seed, so that no validation meets the lessons of any training."""


@final
class DanceLessons:
    """Memories of Room Ballet; first of few dances, in the last stage as many as there is room for.

    They hold any dances of an episode: who can read all of them can read what any rule keeps.

    Args:
        game: Settings.
        sizes: Dances in memory, by stage.
        questions: Different dances of each memory that are asked for, at most; None for all.
        tokens: T of a question.
    """

    def __init__(
        self, game: Game, sizes: Sequence[int], questions: int | None = None, tokens: int = 1
    ) -> None:
        self._game, self._sizes = game, tuple(sizes)
        self._questions, self._tokens = questions, tokens

    @property
    def stages(self) -> int:
        """How many there are."""
        return len(self._sizes)

    def draw(self, rng: np.random.Generator, stage: int, episodes: int) -> Lesson:
        """Returns a lesson of so many memories."""
        drawn = draw_episodes(self._game, episodes, rng)
        kept = draw_kept(drawn, self._sizes[stage], rng)
        asked = rng.permuted(kept, axis=1)[:, : self._questions]
        memories, answers = dance_batch(drawn, kept, asked, tokens=self._tokens)
        return Lesson(memories=memories, answers=answers)


def right_answers(
    reader: FrozenReader, episodes: Episodes, kept: Int64Array, task: int
) -> BoolArray:
    """Returns (B,) whether a reader answers the question of a task right.

    Args:
        reader: Answers.
        episodes: B of them.
        kept: (B, K) dances in memory.
        task: Number in `TASKS`.
    """
    asked = episodes.targets[:, task, None]
    right: BoolArray = reader(episodes, kept, asked) == np.take_along_axis(
        episodes.motion, asked, axis=1
    )
    return right[:, 0]


def oracle_examination(game: Game, count: int, seed: int) -> Examination:
    """Returns what examines a reader on memories that hold the target of each task.

    It gives the share of right answers by task, and `accuracy`, their mean.

    Args:
        game: Settings.
        count: Episodes; each is asked about once by every task, of the memory of its own rule.
        seed: Of the episodes.
    """
    rng = np.random.default_rng(seed)
    episodes = draw_episodes(game, count, rng)
    kept = [keep_by(RULES[name], episodes.room, game.capacity, rng) for name in TASKS]

    def examine(reader: Reader) -> dict[str, float]:
        frozen = FrozenReader(reader)
        by_task = {
            name: float(right_answers(frozen, episodes, kept[task], task).mean())
            for task, name in enumerate(TASKS)
        }
        return {"accuracy": float(np.mean([*by_task.values()])), **by_task}

    return examine


@dataclass(frozen=True, kw_only=True, slots=True)
class PracticeConfig:
    """What to train, and on what."""

    game: Literal["full", "reduced"] = "full"
    read: Read = "flat"
    """Of the transformer."""
    published: bool = False
    """The model of the paper as its code has it."""
    seed: int = 0
    """Of the first weights, the lessons and the validation."""
    updates: int | None = None
    """Of the whole training; None for what `ReadingConfig` has."""
    stages: bool = True
    """Begin with memories of one, two and four dances."""
    questions: int | None = None
    """Dances of each memory that are asked for in a lesson; None for all."""
    examined: int = 128
    """Episodes of the validation; each is asked about once by every task."""

    def __post_init__(self) -> None:
        """Checks the name of the game.

        Raises:
            ConfigError: If there is none of this name.
        """
        if self.game not in GAMES:
            raise unknown_name("game", self.game, GAMES)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReaderPractice:
    """A reader that can be trained."""

    trainer: ReaderTrainer
    validation: Examination
    about: dict[str, Any]
    """What is trained, on what and how, for the record."""


def prepare(config: PracticeConfig, reading: ReadingConfig | None = None) -> ReaderPractice:
    """Makes a new reader, its trainer, and what it is examined by.

    Args:
        config: What and on what.
        reading: How; None for what is best known.
    """
    game = GAMES[config.game]
    how = ReadingConfig() if reading is None else reading
    if config.updates is not None:
        how = replace(how, updates=config.updates)
    sizes = (*(size for size in _FEW if config.stages and size < game.capacity), game.capacity)
    lessons = DanceLessons(game, sizes, config.questions, TOKENS if config.published else 1)
    sat = (
        published_config()
        if config.published
        else SATConfig(read=config.read, width=96, hidden=192)
    )
    reader = Reader(
        ReaderConfig(sat=sat, classes=len(MOTION_NAMES)), square_pictures(), config.seed
    )
    about = {
        "practice": asdict(config),
        "reading": asdict(how),
        "game": asdict(game),
        "dances": sizes,
        "reader": asdict(reader.config),
    }
    return ReaderPractice(
        trainer=ReaderTrainer(how, reader, lessons, config.seed),
        validation=oracle_examination(game, config.examined, _VALIDATION + config.seed),
        about=about,
    )
