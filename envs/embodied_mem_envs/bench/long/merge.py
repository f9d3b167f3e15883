"""What merging is worth: two robots' walks of one house, asked alone and together."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.memory.migration import Frame
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.long.merge_walks import WalkConfig, Walks, walk_house
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.evaluation.questions import HouseQuestion, generate_questions
from embodied_mem_envs.evaluation.scoring import score

_FIRST_SEED: Final = 1000
_HOUSES: Final = 12
_QUESTIONS: Final = 40
_PLACE_KINDS: Final = ("where", "which_room", "near")
_SHARES: Final = (0.3, 0.8)
"""Of the rooms that each robot goes to: in every other house a part, in the rest most."""
_FIRM_VIEWS: Final = 2


@dataclass
class _Tally:
    """What was counted over all houses."""

    right: dict[str, list[float]] = field(default_factory=lambda: {n: [] for n in "abm"})
    """Share of the questions answered right by house: first robot, second, both merged."""
    kept: list[tuple[float, float]] = field(default_factory=list)
    """Share of the place questions answered right by house, before and after a migration."""
    over: Counter[str] = field(default_factory=Counter)
    """Things believed in beyond those that there are, category by category."""
    records: list[tuple[int, int]] = field(default_factory=list)
    """Of the two alone, and merged."""
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of payload and vectors, likewise."""
    laws: int = 0
    broken: int = 0


def bench_merge(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Lets two robots walk houses, the second in a frame of its own, and merges what they remember.

    Three things move between the walks. In every other house each robot goes to 30 % of the rooms,
    in the rest to 80 %; the second robot's frame is turned by a multiple of 90 degrees in half of
    each, by any angle in the rest, and its memory is migrated to the first one's frame before it is
    asked or merged. Questions are about what showed to either of them, as the house is in the end.
    """
    tally = _Tally()
    houses = range(2) if quick else range(_FIRST_SEED, _FIRST_SEED + _HOUSES)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        before: MemoryStore | None = None
        for number, seed in enumerate(houses):
            frame = _frame(seed, right=number % 4 < 2)
            config = WalkConfig(
                seed=seed,
                share=_SHARES[number % 2],
                rooms=3 if quick else None,
                width=160 if quick else 320,
                T_b_world=_matrix(frame),
            )
            walks = walk_house(config, Path(folder) / str(seed))
            before = _measure(seed, walks, frame, before, tally)
            rows.append({name: right[-1] for name, right in tally.right.items()})
            note(f"house {seed}: " + ", ".join(f"{n} {r:.3f}" for n, r in rows[-1].items()))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "houses.json").write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    return _figures(tally)


def _measure(
    seed: int, walks: Walks, frame: Frame, before: MemoryStore | None, tally: _Tally
) -> MemoryStore:
    """Asks, counts and checks the laws in one house; returns the first robot's memory."""
    a, b = MemoryStore.read(walks.a), MemoryStore.read(walks.b)
    b.migrate(_matrix(frame.inverse), ticks=walks.gap)
    merged = a.merge(b)
    rng = np.random.default_rng([seed, 1])
    questions = generate_questions(walks.truth, walks.shown, rng, _QUESTIONS)
    there = Counter(thing["category"] for thing in walks.truth["objects"])
    for name, store in {"a": a, "b": b, "m": merged}.items():
        tally.right[name].append(_asked(store, questions, None))
        tally.over[name] += _overcounted(store, there)
    tally.records.append((len(a) + len(b), len(merged)))
    tally.sizes.append((a.nbytes + b.nbytes, merged.nbytes))
    _check_laws(a, b, merged, before or b, tally)
    places = [question for question in questions if question.kind in _PLACE_KINDS]
    at_home = _asked(merged, places, None)
    away = _frame(seed, right=False)
    merged.migrate(_matrix(away))
    tally.kept.append((at_home, _asked(merged, places, away.inverse)))
    return a


def _asked(store: MemoryStore, questions: Sequence[HouseQuestion], back: Frame | None) -> float:
    """Returns the share of right answers; positions are moved by `back` before they are judged."""
    verdicts = []
    for question in questions:
        answer = answer_question(question.text, store)
        verdicts.append(score(question, answer if back is None else _moved(answer, back)).right)
    return float(np.mean(verdicts))


def _moved(answer: Answer, frame: Frame) -> Answer:
    value: Any = answer.value
    if isinstance(value, dict) and value.get("position") is not None:
        value = {**value, "position": list(frame.point(value["position"]))}
    return msgspec.structs.replace(answer, value=value)


def _overcounted(store: MemoryStore, there: Counter[str]) -> int:
    """Returns how many things are believed in, seen more than once, beyond those that there are."""
    believed = Counter(
        fact.category
        for _, fact in active(store, ObjectFact, payload=False)
        if fact.state in ("present", "moved") and fact.views >= _FIRM_VIEWS
    )
    return (believed - there).total()


def _check_laws(
    a: MemoryStore, b: MemoryStore, merged: MemoryStore, c: MemoryStore, tally: _Tally
) -> None:
    """Checks on digests that merging commutes, associates and is idempotent."""
    digest = merged.digest()
    laws = (
        b.merge(a).digest() == digest,
        a.merge(a).digest() == a.digest(),
        merged.merge(merged).digest() == digest,
        merged.merge(b).digest() == digest,
        merged.merge(c).digest() == a.merge(b.merge(c)).digest(),
        all(r.id in merged for store in (a, b) for r in store.records(payload=False)),
        merged.verify().ok,
    )
    tally.laws += len(laws)
    tally.broken += laws.count(False)


def _figures(tally: _Tally) -> dict[str, float]:
    a, b, m = (np.array(tally.right[name]) for name in "abm")
    gain = m - np.maximum(a, b)
    estimate = mean_interval(gain.tolist())
    before, after = np.array(tally.kept).T
    records, sizes = np.array(tally.records, float), np.array(tally.sizes, float)
    return {
        "merge_houses": float(len(m)),
        "merge_first_robot": float(a.mean()),
        "merge_second_robot": float(b.mean()),
        "merge_both": float(m.mean()),
        "merge_answers": estimate.mean,
        "merge_answers_low": estimate.lo,
        "merge_answers_high": estimate.hi,
        "merge_answers_worst_house": float(gain.min()),
        "merge_overcounted_first": float(tally.over["a"]),
        "merge_overcounted_second": float(tally.over["b"]),
        "merge_overcounted_both": float(tally.over["m"]),
        "merge_records_ratio": float((records[:, 1] / records[:, 0]).mean()),
        "merge_bytes_ratio": float((sizes[:, 1] / sizes[:, 0]).mean()),
        "merge_laws_checked": float(tally.laws),
        "merge_laws_broken": float(tally.broken),
        "migrate_place_before": float(before.mean()),
        "migrate_place_after": float(after.mean()),
        "migrate_place_points": float(100.0 * (after.mean() - before.mean())),
    }


def _frame(seed: int, *, right: bool) -> Frame:
    """Draws a frame: the old world seen from another start."""
    rng = np.random.default_rng([seed, 7, right])
    yaw = float(rng.integers(4)) * 0.5 * np.pi if right else float(rng.uniform(-np.pi, np.pi))
    x, y = rng.uniform(-8.0, 8.0, 2).round(3).tolist()
    return Frame(yaw, (x, y, 0.0))


def _matrix(frame: Frame) -> Float64Array:
    T = np.eye(4)
    T[:2, :2] = frame.rotation
    T[:3, 3] = frame.shift
    return T
