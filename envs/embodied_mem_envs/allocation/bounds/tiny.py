"""A world so small that the best a policy can do without knowing the future can be computed.

Candidates are drawn independently from a few sorts, each with its things and its place. They take
equally many bytes, so only slots are short; questions are of two kinds, in a mix that is unknown
and has to be told from what was asked. Everything else is as in every episode: they are drawn by
the same generator, and run in the same core.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.allocation.inputs import GROUPS
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams

TINY_KINDS: Final = ("recent", "oldest", "at_time", "looks", "demand")
"""Kinds of questions whose distribution follows from few facts about the past."""
_BYTES: Final = (4096.0, 16384.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyConfig:
    """A tiny world."""

    sorts: tuple[tuple[int, ...], ...] = ((0,), (1,), (2,), (3,), (4,))
    """Things that each sort of candidate shows."""
    arrivals: int = 8
    """Candidates in an episode."""
    slots: int = 2
    """Records that fit."""
    after: int = 4
    """Questions after the last candidate, besides the one after each."""
    kinds: tuple[str, str] = ("recent", "oldest")
    """The two kinds of questions."""
    concentration: float = 0.3
    """Of the Dirichlet distribution of their mix."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a kind is not known here, or a sort shows nothing or too much.
        """
        for kind in self.kinds:
            if kind not in TINY_KINDS:
                raise unknown_name("kind of question in a tiny world", kind, TINY_KINDS)
        if len(set(self.kinds)) != 2:
            raise ConfigError(f"a tiny world needs two different kinds, got {self.kinds}")
        if not all(0 < len(set(things)) == len(things) <= MOST_OBJECTS for things in self.sorts):
            raise ConfigError(
                f"a sort shows 1 to {MOST_OBJECTS} different things, got {self.sorts}"
            )
        if self.arrivals < 4 or not 0 < self.slots < len(self.sorts):
            raise ConfigError(
                "a tiny world needs 4 arrivals and fewer slots than sorts, got "
                f"arrivals={self.arrivals}, slots={self.slots}, sorts={len(self.sorts)}"
            )

    @property
    def things(self) -> int:
        """How many things there are."""
        return 1 + max(max(things) for things in self.sorts)

    def episodes(self, *, held_out: bool = False) -> EpisodeConfig:
        """Returns the settings with which the generator draws this world's episodes."""
        return EpisodeConfig(
            arrivals=self.arrivals,
            slots=self.slots,
            fill=1.0,
            after=self.after,
            kinds=self.kinds,
            concentration=self.concentration,
            shift=0.0,
            distractors=0.0,
            stretch=1.0,
            held_out=held_out,
        )


def tiny_streams(
    rng: np.random.Generator, config: TinyConfig, *, streams: int = 2, items: int = 20_000
) -> Streams:
    """Draws streams of candidates of a tiny world, which are independent of each other.

    Args:
        rng: Source of chance.
        config: The world.
        streams: How many; every second one is held out.
        items: Candidates of each.
    """
    sort = rng.integers(len(config.sorts), size=streams * items)
    objects = np.full((len(config.sorts), MOST_OBJECTS), -1, np.int16)
    for index, shown in enumerate(config.sorts):
        objects[index, : len(shown)] = shown
    embedding = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0]
    embedding = embedding[np.arange(len(config.sorts)) % 16]
    things = config.things
    return Streams(
        item_start=np.arange(streams + 1) * items,
        object_start=np.arange(streams + 1) * things,
        seed=np.arange(streams),
        held_out=np.arange(streams) % 2 == 1,
        tick=np.tile(np.arange(items), streams),
        visit=np.zeros(len(sort), np.int16),
        place=sort.astype(np.int16),
        room=np.zeros(len(sort), np.int16),
        bytes=np.tile(np.array(_BYTES, np.float32), (len(sort), 1)),
        embedding=embedding[sort].astype(np.float32),
        objects=objects[sort],
        versions=np.zeros((len(sort), MOST_OBJECTS), np.int16),
        quality=(objects[sort] >= 0).astype(np.float32),
        group=np.tile(np.arange(things) % GROUPS, streams).astype(np.int16),
    )


def tiny_episode(rng: np.random.Generator, config: TinyConfig) -> Episode:
    """Draws an episode of a tiny world."""
    streams = tiny_streams(rng, config, streams=1, items=config.arrivals)
    return make_episode(streams, config.episodes(), rng)
