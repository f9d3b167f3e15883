"""The learned weights follow what is cited, stay near the static ones, and survive a file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory.ranking import RetrieverConfig
from embodied_mem.memory.reranking import Lesson, LinearConfig, LinearReranker
from embodied_mem.memory.reranking.description import FEATURES, Asked, describe
from embodied_mem.types import BoolArray, Float64Array

RECENCY, PLACE = 3, 2
ASKED = np.array([True, True, True, True, True, False])
WHERE = describe(Asked(text="Where is it now?", vector=False, pose=True, time=False, links=False))
NEAREST = describe(
    Asked(text="Which one is closest?", vector=False, pose=True, time=False, links=False)
)


def lesson(features: Float64Array, rng: np.random.Generator, decides: int) -> Lesson:
    """Makes an answered question of which the record was cited that is highest in one signal."""
    signals = rng.random((12, 6)) * ASKED
    shown = rng.permutation(12)[:5]
    cited = np.zeros(5, bool)
    cited[np.argmax(signals[shown, decides])] = True
    return Lesson(features=features, asked=ASKED, signals=signals, shown=shown, cited=cited)


def taught(config: LinearConfig | None = None, lessons: int = 150) -> LinearReranker:
    reranker, rng = LinearReranker(config=config), np.random.default_rng(3)
    for _ in range(lessons):
        reranker.learn(lesson(WHERE, rng, RECENCY))
        reranker.learn(lesson(NEAREST, rng, PLACE))
    return reranker


def first_hits(reranker: LinearReranker, features: Float64Array, decides: int) -> float:
    rng = np.random.default_rng(4)
    weights, right = reranker.plan(features, ASKED, 12).weights, 0
    for _ in range(200):
        signals = rng.random((12, 6)) * ASKED
        right += int(np.argmax(signals @ weights) == np.argmax(signals[:, decides]))
    return right / 200


def test_untaught_it_weighs_as_the_prior() -> None:
    prior = RetrieverConfig(lexical=0.3)
    plan = LinearReranker(prior).plan(WHERE, ASKED, 4)
    assert plan.weights.tolist() == prior.weights.tolist()
    assert plan.lift is None


def test_it_learns_what_decides_for_each_kind_of_question() -> None:
    reranker, untaught = taught(), LinearReranker()
    for features, decides in ((WHERE, RECENCY), (NEAREST, PLACE)):
        learned = first_hits(reranker, features, decides)
        assert learned > first_hits(untaught, features, decides) + 0.2
    where = reranker.plan(WHERE, ASKED, 1).weights
    nearest = reranker.plan(NEAREST, ASKED, 1).weights
    assert where[RECENCY] > nearest[RECENCY]
    assert where[PLACE] < nearest[PLACE]


def test_the_guard_keeps_it_nearer_and_unlike_questions_keep_the_prior() -> None:
    prior = RetrieverConfig().weights

    def moved(reranker: LinearReranker, features: Float64Array) -> float:
        return float(np.abs(reranker.plan(features, ASKED, 1).weights - prior).sum())

    loose = LinearConfig(guard=0.0, caution=0.0)
    assert moved(taught(), WHERE) < 0.6 * moved(taught(loose), WHERE)
    told = describe(Asked(text="Who said so?", vector=False, pose=False, time=True, links=True))
    cautious, careless = taught(LinearConfig()), taught(LinearConfig(caution=0.0))
    assert moved(cautious, told) < 0.3 * moved(careless, told)
    assert moved(cautious, WHERE) > 0.5 * moved(careless, WHERE)


def test_what_is_no_longer_confirmed_fades() -> None:
    reranker, rng = taught(), np.random.default_rng(5)
    before = reranker.plan(WHERE, ASKED, 1).weights[RECENCY]
    for _ in range(300):
        reranker.learn(lesson(WHERE, rng, PLACE))
    after = reranker.plan(WHERE, ASKED, 1).weights
    assert after[RECENCY] < 0.5 * before
    assert after[PLACE] > after[RECENCY]


def test_it_repeats_exactly_and_goes_on_from_a_file(tmp_path: Path) -> None:
    first, second = taught(), taught()
    file = tmp_path / "reranker.json"
    first.save(file)
    loaded = LinearReranker.load(file)
    assert loaded.answered == 300
    rng = np.random.default_rng(6)
    last = lesson(WHERE, rng, RECENCY)
    for each in (first, second, loaded):
        each.learn(last)
    weights = [each.plan(WHERE, ASKED, 1).weights.tolist() for each in (first, second, loaded)]
    assert weights[0] == weights[1] == weights[2]
    first.save(tmp_path / "again.json")
    second.save(file)
    assert file.read_bytes() == (tmp_path / "again.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("schema", 2, "train anew"),
        ("features", ["any"], "train anew"),
        ("map", [[0.0]], "map must be"),
        ("map", [[0.0], [0.0, 1.0]], "map must be"),
        ("prior", [0.0] * 6, "no outcome of training"),
        ("seen", np.zeros((len(FEATURES),) * 2).tolist(), "no outcome of training"),
        ("answered", "many", "no trained reranker"),
        ("extra", 1, "no trained reranker"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, value: object, message: str) -> None:
    file = tmp_path / "reranker.json"
    taught(lessons=1).save(file)
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, name: value}))
    with pytest.raises(ConfigError, match=message):
        LinearReranker.load(file)


def test_a_missing_or_cut_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "reranker.json"
    with pytest.raises(ConfigError, match="No such file"):
        LinearReranker.load(file)
    taught(lessons=1).save(file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ConfigError, match="no trained reranker"):
        LinearReranker.load(file)


def test_exploring_draws_as_the_policy_does() -> None:
    config = LinearConfig(temperature=0.2)
    reranker = LinearReranker(config=config, rng=np.random.default_rng(7))
    signals = np.random.default_rng(8).random((4, 6)) * ASKED
    prior = RetrieverConfig().weights * ASKED
    share = prior / prior.sum()
    firsts = np.zeros(4)
    for _ in range(4000):
        lift = reranker.plan(WHERE, ASKED, 4).lift
        assert lift is not None
        firsts[np.argmax(signals @ share + lift)] += 1
    likely = np.exp(signals @ share / config.temperature)
    assert firsts / 4000 == pytest.approx(likely / likely.sum(), abs=0.03)


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count = draw(st.integers(1, 9))
    many = draw(st.integers(1, count))
    asked: BoolArray = np.array([draw(st.booleans()) for _ in range(3)] + [True, True, False])
    return Lesson(
        features=np.append(1.0, rng.integers(0, 2, len(FEATURES) - 1)).astype(float),
        asked=asked,
        signals=rng.random((count, 6)) * asked * draw(st.sampled_from([0.0, 1.0])),
        shown=rng.permutation(count)[:many],
        cited=rng.random(many) < draw(st.sampled_from([0.0, 0.5, 1.0])),
    )


@given(st.lists(lessons(), max_size=12), st.floats(0.0, 50.0))
@settings(max_examples=60, deadline=None)
def test_weights_are_always_fit_to_rank_by(given: list[Lesson], rate: float) -> None:
    reranker = LinearReranker(config=LinearConfig(rate=rate))
    for each in given:
        reranker.learn(each)
        weights = reranker.plan(each.features, each.asked, 3).weights
        assert np.isfinite(weights).all()
        assert (weights >= 0).all()
        assert (weights * each.asked).any()


@pytest.mark.parametrize(
    "wrong", [{"rate": -1.0}, {"guard": np.inf}, {"temperature": 0.0}, {"caution": np.nan}]
)
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        LinearConfig(**wrong)
