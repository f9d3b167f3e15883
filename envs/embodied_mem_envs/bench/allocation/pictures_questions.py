"""Questions about a walked house, drawn as in the episodes, and judged by what truly was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.memory import MemoryRecord
from embodied_mem.types import BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, describe, make_episode
from embodied_mem_envs.allocation.questions import KINDS, Questions
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_reader import SAME_PLACE, Reader
from embodied_mem_envs.bench.allocation.pictures_records import thing_id
from embodied_mem_envs.bench.allocation.pictures_walk import HouseTruth, PictureWalk

_NEAR_TICKS: Final = 20
"""Ticks by which the time since when a thing is there may be off."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureQuestion:
    """One question, with what judging it needs to know."""

    kind: str
    """One of `questions.KINDS`."""
    after: int
    """Candidate after which it is asked."""
    things: tuple[int, ...]
    """Numbers of the stream's things that it is about; of `count`, the instances."""
    tick: int | None
    """When the things were there that it asks about; None for now."""
    since: int
    """Tick at which the first of the things was first seen where it is meant."""
    descriptor: Float64Array
    """(18,) what an agent notes of it; `inputs.DESCRIPTORS`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a question was answered, 0 to 1, and from which records."""

    outcome: float
    records: tuple[str, ...]


def draw_questions(walk: PictureWalk, seed: int, after: float = 1.0) -> list[PictureQuestion]:
    """Draws the questions of one walk: one after each candidate, and more in the end.

    The mix of kinds is drawn too, and shifts in the middle of some of the walks. Where there is
    nothing yet of the kind that is drawn, no question is asked.

    Args:
        walk: The walk.
        seed: Of what is drawn.
        after: Questions in the end, over candidates.
    """
    streams = walk.streams
    config = EpisodeConfig(
        arrivals=len(walk),
        after=round(after * len(walk)),
        distractors=0.0,
        stretch=1.0,
        held_out=True,
    )
    rng = np.random.default_rng([int(streams.seed[0]), 83, seed])
    episode = make_episode(streams, config, rng)
    thing = np.zeros(len(episode.first_seen), np.int64)
    shown = episode.keys >= 0
    thing[episode.keys[shown]] = streams.objects[shown]
    descriptors = _descriptors(episode)
    questions = []
    for row in np.flatnonzero((episode.query_keys >= 0).any(axis=1)).tolist():
        keys = episode.query_keys[row]
        keys = keys[keys >= 0]
        after_row, kind = int(episode.query_time[row]), KINDS[int(episode.query_kind[row])]
        times = np.flatnonzero((episode.keys[: after_row + 1] == keys[0]).any(axis=1))
        superseded = bool(episode.superseded[keys[0]] <= after_row)
        questions.append(
            PictureQuestion(
                kind=kind,
                after=after_row,
                things=tuple(thing[keys].tolist()),
                tick=_meant(kind, streams.tick[times], superseded, rng),
                since=int(streams.tick[episode.first_seen[keys[0]]]),
                descriptor=descriptors[row],
            )
        )
    return questions


def _descriptors(episode: Episode) -> Float64Array:
    """Returns (Q, 18) what is noted of each question, by what the scene layer knew."""
    return describe(
        Questions.of(episode),
        episode.entered,
        episode.query_time.astype(np.int64),
        episode.query_keys,
        episode.query_level,
        episode.query_kind,
    )


def _meant(kind: str, ticks: Int64Array, superseded: bool, rng: np.random.Generator) -> int | None:
    """Returns the tick that a question is about: one at which the thing was seen there."""
    if kind == "at_time":
        return int(rng.choice(ticks))
    if kind == "oldest":
        return int(ticks[0])
    return int(ticks[-1]) if superseded else None


@final
class Judge:
    """Knows the house, asks a reader, and judges what it says."""

    def __init__(self, walk: PictureWalk, recogniser: Recogniser) -> None:
        self._walk = walk
        self._truth: HouseTruth = walk.truth
        self._recogniser = recogniser
        self._true = _true_things(walk)
        self._looks = [
            (truth.categories[row], truth.colours[row], truth.materials[row])
            for truth in (walk.truth,)
            for row in range(len(truth.ids))
        ]

    def ask(self, question: PictureQuestion, reader: Reader) -> Verdict:
        """Asks a question and judges the answer."""
        if question.kind == "count":
            return self._count(question, reader)
        if question.kind == "looks":
            return self._look(question, reader)
        if question.kind == "since":
            return self._since(question, reader)
        verdicts = [self._where(thing, question, reader) for thing in question.things]
        # Of a pair, both have to be right.
        return Verdict(
            min(verdict.outcome for verdict in verdicts),
            tuple(name for verdict in verdicts for name in verdict.records),
        )

    def helps(
        self, records: Sequence[MemoryRecord], questions: Sequence[PictureQuestion], coarse: int
    ) -> tuple[BoolArray, Float64Array]:
        """Tells which records would answer which questions, if they were held alone.

        A question about several things counts in parts, one a thing.

        Args:
            records: One a candidate of the walk.
            questions: About the walk.
            coarse: Layers that a coarse record has.

        Returns:
            (2, N, P) whether a record, coarse or in full, answers a part, and (P,) its weight.
        """
        parts = [(question, thing) for question in questions for thing in question.things]
        helps = np.zeros((2, len(records), len(parts)), bool)
        for column, (question, thing) in enumerate(parts):
            shown = (self._walk.streams.objects[: question.after + 1] == thing).any(axis=1)
            for index in np.flatnonzero(shown).tolist():
                helps[:, index, column] = self._alone(records[index], question, thing, coarse)
        weight = np.array([1.0 / len(question.things) for question, _ in parts])
        return helps, weight

    def _alone(
        self, record: MemoryRecord, question: PictureQuestion, thing: int, coarse: int
    ) -> tuple[bool, bool]:
        """Tells whether a record, coarse or in full, tells what is asked of a thing."""
        name, true = thing_id(thing), self._true[thing]
        if true < 0:
            return False, False
        if question.kind == "looks":
            lowered = msgspec.structs.replace(record, payload=record.payload[:coarse])
            named = (self._recogniser.recognise(each, name) for each in (lowered, record))
            first, second = (n is not None and self._looks[n] == self._looks[true] for n in named)
            return first, second
        x, y, z = record.content["positions"][name]
        right = self._is_there(true, (x, y, z), self._visit(question))
        if question.kind == "since":
            right = abs(record.content["tick"] - question.since) <= _NEAR_TICKS
        return right, right

    def _where(self, thing: int, question: PictureQuestion, reader: Reader) -> Verdict:
        sight = reader.where(thing_id(thing), question.tick)
        true = self._true[thing]
        if sight is None:
            return Verdict(0.0, ())
        right = true >= 0 and self._is_there(true, sight.position, self._visit(question))
        return Verdict(float(right), (sight.record,))

    def _since(self, question: PictureQuestion, reader: Reader) -> Verdict:
        sight = reader.since(thing_id(question.things[0]))
        if sight is None:
            return Verdict(0.0, ())
        right = abs(sight.tick - question.since) <= _NEAR_TICKS
        return Verdict(float(right), (sight.record,))

    def _look(self, question: PictureQuestion, reader: Reader) -> Verdict:
        thing = question.things[0]
        record = reader.best_picture(thing_id(thing))
        if record is None:
            return Verdict(0.0, ())
        named = self._recogniser.recognise(record, thing_id(thing))
        true = self._true[thing]
        right = named is not None and true >= 0 and self._looks[named] == self._looks[true]
        return Verdict(float(right), (record.id,))

    def _count(self, question: PictureQuestion, reader: Reader) -> Verdict:
        """Judges by how far the count is off, over the larger of the two."""
        true = self._true[question.things[0]]
        if true < 0:
            return Verdict(0.0, ())
        truth, visit = self._truth, self._visit(question)
        room = self._room_of(true, visit)
        rooms = truth.rooms[truth.room_types == room]
        group = int(truth.groups[true])
        counted = reader.inside(group, rooms)
        seen = np.flatnonzero(self._seen_on[question.after] >= 0)
        number = sum(
            truth.groups[each] == group
            and self._room_of(int(each), int(self._seen_on[question.after, each])) == room
            for each in seen.tolist()
        )
        most = max(number, len(counted))
        outcome = 1.0 - abs(number - len(counted)) / most if most else 1.0
        return Verdict(outcome, tuple(dict.fromkeys(sight.record for sight in counted)))

    def _visit(self, question: PictureQuestion) -> int:
        """Returns the visit on which the things were as a question means them."""
        streams = self._walk.streams
        if question.tick is None:
            shown = (streams.objects[: question.after + 1] == question.things[0]).any(axis=1)
            return int(streams.visit[np.flatnonzero(shown)[-1]])
        return int(streams.visit[np.searchsorted(streams.tick, question.tick)])

    def _is_there(self, true: int, position: tuple[float, float, float], visit: int) -> bool:
        low, high = self._truth.low[visit, true], self._truth.high[visit, true]
        apart = np.maximum(np.maximum(low - position, np.asarray(position) - high), 0.0)
        return bool(np.linalg.norm(apart) <= SAME_PLACE)

    def _room_of(self, true: int, visit: int) -> int:
        """Returns the type of room that a true thing lies in; -1 in none."""
        truth = self._truth
        x, y = 0.5 * (truth.low[visit, true] + truth.high[visit, true])[:2]
        low, high = truth.rooms[:, :2], truth.rooms[:, 2:]
        inside = ((low <= (x, y)) & ((x, y) <= high)).all(axis=1)
        return int(truth.room_types[inside.argmax()]) if inside.any() else -1

    @cached_property
    def _seen_on(self) -> Int64Array:
        """(N, T) visit on which each true thing was last seen until a candidate; -1 if not yet."""
        walk = self._walk
        seen = np.full((len(walk), len(self._truth.ids)), -1)
        rows, columns = np.nonzero(walk.true >= 0)
        seen[rows, walk.true[rows, columns]] = walk.streams.visit[rows]
        last: Int64Array = np.maximum.accumulate(seen, axis=0)
        return last


def _true_things(walk: PictureWalk) -> Int64Array:
    """Returns for each of the stream's things the true one that it mostly was; -1 for none."""
    things = len(walk.categories)
    votes: Float64Array = np.zeros((things, len(walk.truth.ids)))
    shown = (walk.streams.objects >= 0) & (walk.true >= 0)
    np.add.at(votes, (walk.streams.objects[shown], walk.true[shown]), 1.0)
    return np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
