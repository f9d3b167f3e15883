"""Draws episodes: candidates from a recorded stream, and the questions about them."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.inputs import DESCRIPTORS, FAST, GROUPS, ROOMS, SLOW
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, Int64Array
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.questions import KINDS, MOST_KEYS, Questions, level_of
from embodied_mem_envs.allocation.streams import Streams

VERSION: Final = 1
"""To be raised whenever the same seed gives another episode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeConfig:
    """What episodes are drawn."""

    arrivals: int = 40
    """Candidates in an episode."""
    slots: int = 6
    """Records that fit."""
    fill: float = 0.7
    """Bytes that fit, in full records per slot: below 1, some records have to be coarse."""
    after: int = 20
    """Questions after the last candidate, besides the one after each."""
    kinds: tuple[str, ...] = KINDS
    """Kinds of questions that are asked."""
    concentration: float = 0.03
    """Of the Dirichlet distribution of the kinds: the lower, the fewer kinds an episode has."""
    shift: float = 0.4
    """Probability that the mix of kinds changes in the middle of an episode."""
    distractors: float = 0.2
    """Probability that a candidate is a poor view, which shows one thing at most."""
    stretch: float = 6.0
    """Candidates are drawn from a part of the stream that is up to so many times as long."""
    held_out: bool = False
    """Draw from the streams that are kept for evaluation."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If something is out of its range or no kind of question.
        """
        for kind in self.kinds:
            if kind not in KINDS:
                raise unknown_name("kind of question", kind, KINDS)
        if self.arrivals < 4 or self.slots < 1 or self.after < 0 or not self.kinds:
            raise ConfigError(
                "an episode needs at least 4 arrivals, 1 slot and 1 kind of question, got "
                f"arrivals={self.arrivals}, slots={self.slots}, after={self.after}, "
                f"kinds={self.kinds}"
            )
        shares = (self.shift, self.distractors)
        if not all(0 <= share <= 1 for share in shares) or self.fill <= 0 or self.stretch < 1:
            raise ConfigError(
                "shift and distractors are probabilities, fill is above 0 and stretch at least 1, "
                f"got {self}"
            )


def generator_hash(streams: Streams, config: EpisodeConfig) -> str:
    """Returns what stands beside every result: a digest of version, settings and recordings."""
    digest = hashlib.sha256(f"{VERSION}".encode())
    digest.update(msgspec.json.encode(config, order="sorted"))
    for name in Streams.__dataclass_fields__:
        digest.update(np.ascontiguousarray(getattr(streams, name)).tobytes())
    return digest.hexdigest()


def make_episode(streams: Streams, config: EpisodeConfig, rng: np.random.Generator) -> Episode:
    """Draws one episode.

    Raises:
        ConfigError: If no stream is long enough.
    """
    stream, items = _draw_items(streams, config, rng)
    keys = _degrade(streams, items, config.distractors, rng)
    objects = np.where(keys, streams.objects[items], -1)
    numbered, thing, version = _number(objects, streams.versions[items])
    shown_at = _first_rows(numbered, len(thing))
    superseded, moved = _moves(thing, version, shown_at, len(items))
    quality = np.where(keys, streams.quality[items], 0.0).sum(axis=1) / np.maximum(
        keys.sum(axis=1), 1
    )
    poor = keys.sum(axis=1) < np.minimum((streams.objects[items] >= 0).sum(axis=1), 2)
    quality = np.where(poor, quality * rng.uniform(0.3, 0.9, len(items)), quality)
    group = streams.group[streams.object_start[stream] + thing]
    questions = Questions(
        keys=numbered,
        place=streams.place[items],
        first_seen=shown_at,
        superseded=superseded,
        moved=moved,
        key_room=streams.room[items][shown_at],
        key_group=group,
    )
    place = streams.place[items]
    entered = np.ones(len(items), bool)
    entered[1:] = place[1:] != place[:-1]
    size = streams.bytes[items]
    return Episode(
        keys=numbered,
        place=place,
        entered=entered,
        bytes=size,
        embedding=streams.embedding[items],
        features=_features(numbered, quality, streams.room[items], group),
        first_seen=shown_at,
        superseded=superseded,
        moved=moved,
        key_room=questions.key_room,
        key_group=group,
        slots=config.slots,
        budget=float(config.fill * config.slots * size[:, 1].mean()),
        **_ask(questions, entered, config, rng),
    )


def _draw_items(
    streams: Streams, config: EpisodeConfig, rng: np.random.Generator
) -> tuple[int, Int64Array]:
    """Returns the stream and its items that arrive, in order."""
    lengths = np.diff(streams.item_start)
    usable = np.flatnonzero((streams.held_out == config.held_out) & (lengths >= config.arrivals))
    if not len(usable):
        raise ConfigError(
            f"no stream has {config.arrivals} candidates; the longest has {lengths.max()}"
        )
    stream = int(rng.choice(usable))
    length = int(lengths[stream])
    longest = min(length, int(config.arrivals * config.stretch))
    part = int(rng.integers(config.arrivals, longest + 1))
    start = int(streams.item_start[stream]) + int(rng.integers(length - part + 1))
    items = start + np.sort(rng.choice(part, config.arrivals, replace=False))
    return stream, items


def _degrade(
    streams: Streams, items: Int64Array, share: float, rng: np.random.Generator
) -> BoolArray:
    """Returns (T, M) which of its things each candidate really shows."""
    shows: BoolArray = streams.objects[items] >= 0
    poor = rng.random(len(items)) < share
    left = rng.integers(0, 2, len(items))
    at = rng.integers(0, np.maximum(shows.sum(axis=1), 1))
    only = (np.arange(shows.shape[1]) == at[:, None]) & (left > 0)[:, None]
    return np.where(poor[:, None], shows & only, shows)


def _number(
    objects: AnyArray, versions: AnyArray
) -> tuple[NDArray[np.int16], Int64Array, Int64Array]:
    """Numbers things at their places by first appearance; returns (T, M), and both by number."""
    shows = objects >= 0
    code = objects.astype(np.int64) * (1 << 16) + versions
    known, first, inverse = np.unique(code[shows], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    numbered = np.full(objects.shape, -1, np.int16)
    numbered[shows] = rank[inverse]
    # To the left, so that the first two columns are the two best views.
    numbered = np.take_along_axis(numbered, np.argsort(~shows, axis=1, kind="stable"), axis=1)
    thing, version = np.divmod(known[order], 1 << 16)
    return numbered, thing, version


def _first_rows(numbered: AnyArray, count: int) -> NDArray[np.int16]:
    """Returns the first candidate that shows each key."""
    rows, columns = np.nonzero(numbered >= 0)
    first = np.full(count, len(numbered), np.int16)
    np.minimum.at(first, numbered[rows, columns], rows.astype(np.int16))
    return first


def _moves(
    thing: Int64Array, version: Int64Array, first: AnyArray, end: int
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Returns when each key is known to be past, and when its thing is known to move at all."""
    same = thing[:, None] == thing
    later = same & (version > version[:, None])
    superseded = np.where(later, first, end).min(axis=1, initial=end)
    other = same & (version != version[:, None])
    pair = np.where(other, np.maximum(first[:, None], first), end)
    known = pair.min(axis=1, initial=end)
    # A thing is known to have been moved from the time on at which any two of its places are.
    moved = np.where(same, known, end).min(axis=1, initial=end)
    return superseded.astype(np.int16), moved.astype(np.int16)


def _features(keys: AnyArray, quality: AnyArray, room: AnyArray, group: AnyArray) -> Float32Array:
    shows = keys >= 0
    result = np.zeros((len(keys), 2 + ROOMS + GROUPS), np.float32)
    result[:, 0] = shows.sum(axis=1) / 8
    result[:, 1] = quality
    result[np.arange(len(keys)), 2 + room] = 1.0
    rows, columns = np.nonzero(shows)
    np.add.at(result, (rows, 2 + ROOMS + group[keys[rows, columns]]), 0.25)
    return result


# -- questions ----------------------------------------------------------------------------------


def _ask(
    questions: Questions, entered: BoolArray, config: EpisodeConfig, rng: np.random.Generator
) -> dict[str, Any]:
    """Draws the questions; returns the fields of the episode that they fill."""
    arrivals = len(entered)
    time = np.concatenate([np.arange(arrivals), np.full(config.after, arrivals - 1)])
    mix = _draw_mix(config, arrivals, rng)
    chance = mix.cumsum(axis=1)[time]
    kind = np.minimum((rng.random(len(time))[:, None] > chance).sum(axis=1), len(KINDS) - 1)
    keys = np.full((len(time), MOST_KEYS), -1, np.int16)
    for each in np.unique(kind):
        at = np.flatnonzero(kind == each)
        keys[at] = _draw_keys(questions, int(each), time[at], rng)
    level = np.array([level_of(each) for each in range(len(KINDS))], np.int8)[kind]
    since = kind == KINDS.index("since")
    return {
        "query_time": time.astype(np.int16),
        "query_keys": keys,
        "query_all": kind == KINDS.index("pair"),
        "query_level": level,
        "query_since": since,
        "query_kind": kind.astype(np.int8),
        "profile": _profile(questions, entered, time, keys, level, kind),
        "mix": mix.astype(np.float32),
        "task": int(np.bincount(kind, minlength=len(KINDS)).argmax()),
    }


def _draw_mix(config: EpisodeConfig, arrivals: int, rng: np.random.Generator) -> Float64Array:
    """Returns (T, KINDS) probability of each kind after each candidate."""
    asked = [KINDS.index(kind) for kind in config.kinds]
    mix = np.zeros((arrivals, len(KINDS)))
    mix[:, asked] = rng.dirichlet([config.concentration] * len(asked))
    other = rng.dirichlet([config.concentration] * len(asked))
    when = int(rng.integers(arrivals * 3 // 10, arrivals * 7 // 10 + 1))
    if rng.random() < config.shift:
        mix[when:, asked] = other
    return mix


def _draw_keys(
    questions: Questions, kind: int, time: Int64Array, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Draws the subjects of questions of one kind, (n, MOST_KEYS)."""
    keys = np.full((len(time), MOST_KEYS), -1, np.int16)
    if KINDS[kind] == "pair":
        weights = questions.pairs[time]
    elif KINDS[kind] == "count":
        weights = (questions.counted[time] >= 2).astype(np.float64)
    else:
        weights = questions.subjects(kind)[time]
    total = weights.cumsum(axis=1)
    drawn = (total <= (rng.random(len(time)) * total[:, -1])[:, None]).sum(axis=1)
    possible = total[:, -1] > 0
    if KINDS[kind] == "pair":
        keys[possible, :2] = questions.keys[drawn[possible], :2]
    elif KINDS[kind] == "count":
        for row in np.flatnonzero(possible):
            found = questions.instances(int(time[row]), *divmod(int(drawn[row]), GROUPS))
            keys[row, : len(found)] = found
    else:
        keys[possible, 0] = drawn[possible]
    # Where there is nothing of the kind, a question is about anything that is known.
    if KINDS[kind] in ("pair", "count") and not possible.all():
        missing = np.flatnonzero(~possible)
        keys[missing] = _draw_keys(questions, KINDS.index("looks"), time[missing], rng)
    return keys


def _profile(
    questions: Questions,
    entered: BoolArray,
    time: Int64Array,
    keys: AnyArray,
    level: AnyArray,
    kind: AnyArray,
) -> Float32Array:
    """Returns (T, 2 * DESCRIPTORS) running means over the questions asked before each candidate."""
    descriptors = describe(questions, entered, time, keys, level, kind)
    arrivals = len(entered)
    result = np.zeros((arrivals, 2, len(DESCRIPTORS)))
    rates = np.array([FAST, SLOW])[:, None]
    mean = np.zeros((2, len(DESCRIPTORS)))
    weight = np.zeros((2, 1))
    asked: BoolArray = np.any(keys >= 0, axis=1)
    for arrival in range(1, arrivals):  # one question at most was asked after each one before
        rate = rates * asked[arrival - 1]
        mean = (1 - rate) * mean + rate * descriptors[arrival - 1]
        weight = (1 - rate) * weight + rate
        result[arrival] = mean / np.maximum(weight, 1e-9)
    return result.reshape(arrivals, -1).astype(np.float32)


def describe(
    questions: Questions,
    entered: BoolArray,
    time: Int64Array,
    keys: AnyArray,
    level: AnyArray,
    kind: AnyArray,
) -> Float64Array:
    """Returns (Q, DESCRIPTORS) what is noted of each question."""
    subject = keys >= 0
    count = np.maximum(subject.sum(axis=1), 1)

    def mean(values: AnyArray) -> Float64Array:
        result: Float64Array = np.where(subject, values, 0).sum(axis=1) / count
        return result

    at = time[:, None]
    visits = np.cumsum(
        np.eye(int(questions.place.max()) + 1)[questions.place] * entered[:, None], 0
    )
    visits /= visits.max(axis=1, keepdims=True)
    described = np.stack(
        [
            mean((at - questions.last_shown[at, keys]) / (at + 1)),
            mean((at - questions.first_seen[keys]) / (at + 1)),
            mean(questions.superseded[keys] <= at),
            mean(questions.moved[keys] <= at),
            mean(visits[at, questions.seen_in[at, keys]]),
            (level > 1).astype(np.float64),
            subject.sum(axis=1) / 4,
            (kind == KINDS.index("since")).astype(np.float64),
        ],
        axis=1,
    )
    return np.concatenate([described, np.eye(len(KINDS))[kind]], axis=1)
