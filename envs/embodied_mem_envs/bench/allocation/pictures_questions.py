"""Questions about a walked house, drawn as in the episodes, and judged by what truly was there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

import numpy as np

from embodied_mem.types import Float64Array, Int64Array
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_reader import SAME_PLACE, Reader
from embodied_mem_envs.bench.allocation.pictures_records import thing_id
from embodied_mem_envs.bench.allocation.pictures_walk import HouseTruth, PictureWalk

_NEAR_TICKS: Final = 20
"""Ticks by which the time since when a thing is there may be off."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a question was answered, 0 to 1, and from which records."""

    outcome: float
    records: tuple[str, ...]


def draw_questions(walk: PictureWalk, seed: int) -> list[PictureQuestion]:
    """Draws the questions of one walk: one after each candidate, and half as many in the end.

    The mix of kinds is drawn too, and shifts in the middle of half of the walks.
    """
    streams = walk.streams
    arrivals = len(walk)
    config = EpisodeConfig(
        arrivals=arrivals, after=arrivals // 2, distractors=0.0, stretch=1.0, held_out=True
    )
    rng = np.random.default_rng([int(streams.seed[0]), 83, seed])
    episode = make_episode(streams, config, rng)
    thing = np.zeros(len(episode.first_seen), np.int64)
    shown = episode.keys >= 0
    thing[episode.keys[shown]] = streams.objects[shown]
    questions = []
    for row, kind in enumerate(episode.query_kind.tolist()):
        keys = episode.query_keys[row]
        keys = keys[keys >= 0]
        after = int(episode.query_time[row])
        times = np.flatnonzero((episode.keys[: after + 1] == keys[0]).any(axis=1))
        questions.append(
            PictureQuestion(
                KINDS[kind],
                after,
                tuple(thing[keys].tolist()),
                _meant(
                    KINDS[kind],
                    streams.tick[times],
                    bool(episode.superseded[keys[0]] <= after),
                    rng,
                ),
                int(streams.tick[episode.first_seen[keys[0]]]),
            )
        )
    return questions


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
