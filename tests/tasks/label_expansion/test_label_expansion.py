"""Streams of crops, what is asked of the buffer, and the rules that fill it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem.types import Float32Array
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.label_expansion import MAKERS
from embodied_mem_envs.evaluation.suites.registry import load_suite
from embodied_mem_envs.evaluation.suites.suite import Job
from embodied_mem_envs.tasks.episode import Ask, Reply
from embodied_mem_envs.tasks.label_expansion.crops import Crops, make_material
from embodied_mem_envs.tasks.label_expansion.episode import LabelExpansionEpisode
from embodied_mem_envs.tasks.label_expansion.game import ExpansionConfig, ExpansionGame
from embodied_mem_envs.tasks.label_expansion.learner import measure
from embodied_mem_envs.tasks.label_expansion.stream import make_stream
from embodied_mem_envs.tasks.label_expansion.tree import ROOTS, LabelTree, draw_tree

SMALL = {"groups": 4, "categories": 3, "houses": 4, "held_out": 2}
CONFIG = ExpansionConfig(**SMALL, steps=300, slots=20, checkpoints=5)
TREE = LabelTree(leaves=(("seat", "chair"), ("seat", "sofa"), ("table", "desk"), ("table", "bar")))
CORNERS = {"chair": (0.0, 0.0), "sofa": (0.0, 1.0), "desk": (5.0, 0.0), "bar": (5.0, 1.0)}


def at(*names: str) -> Float32Array:
    """Returns features that are in another corner for each category."""
    rows = np.zeros((len(names), 20), np.float32)
    for row, name in enumerate(names):
        rows[row, :2] = CORNERS[name]
    return rows


def crops(*names: str) -> Crops:
    pictures = np.zeros((len(names), 32, 32, 3), np.uint8)
    return Crops(features=at(*names), pictures=pictures, categories=names)


def keep_all(rule: str, seed: int = 3) -> ExpansionGame:
    episode = LabelExpansionEpisode(seed, CONFIG)
    agent = MAKERS[rule](AgentSetup(folder=Path(), seed=seed))
    while (ask := episode.next()) is not None:
        assert isinstance(ask, Ask)
        episode.submit(agent.reply(ask, None))
    return episode.game


def test_crops_are_of_the_tree_and_of_other_houses_where_held_out() -> None:
    material = make_material(3, depth=2, **SMALL)
    assert len(material.stream) > 50 and len(material.held_out) > 20
    for part in (material.stream, material.held_out):
        assert set(part.categories) <= set(material.tree.path_of)
        assert np.isfinite(part.features).all() and np.abs(part.features).max() < 50
        assert part.pictures.std(axis=(1, 2, 3)).mean() > 5
    groups = {path[0] for path in material.tree.leaves}
    assert len(groups) == 4 and len(material.tree.leaves) <= 12
    make_material.cache_clear()
    again = make_material(3, depth=2, **SMALL)
    np.testing.assert_array_equal(material.stream.features, again.stream.features)
    np.testing.assert_array_equal(material.held_out.pictures, again.held_out.pictures)


def test_trees_of_three_levels_have_roots() -> None:
    names = ("chair", "sofa", "bed", "towel", "stove", "kettle", "desk", "coffee table")
    tree = draw_tree(names, np.random.default_rng(0), depth=3, groups=4, categories=2)
    assert tree.depth == 3 and len(tree.leaves) == 8
    assert all(path[1] in ROOTS[path[0]] for path in tree.leaves)
    lengths = [len(node) for node in tree.inner]
    assert lengths == sorted(lengths) and set(lengths) == {1, 2}


def test_labels_grow_one_after_the_other_and_stay_grown() -> None:
    stream = make_stream(
        crops(*["chair"] * 9, "sofa", "desk", "bar"), TREE, 1000, np.random.default_rng(0)
    )
    assert {shown.label for shown in stream[:200]} == {("seat",), ("table",)}
    first, second = stream[200:600], stream[600:]
    assert {shown.label for shown in first} == {("table",), ("seat", "chair"), ("seat", "sofa")}
    assert {shown.label for shown in second} == set(TREE.leaves)
    assert 0.75 < np.mean([shown.label[0] == "table" for shown in second]) < 0.95
    counts = Counter(shown.label for shown in first)
    assert counts["seat", "chair"] > 5 * counts["seat", "sofa"]


def test_accuracies_are_as_worked_by_hand() -> None:
    held_out = crops("chair", "chair", "chair", "sofa", "desk", "bar")
    told = {("seat", "chair"), ("seat", "sofa"), ("table", "desk")}
    labels = [("seat", "chair"), ("table",)]
    found = measure(at("chair", "bar"), labels, held_out, TREE, told)
    # Coarse: all right. Fine: chair 1, sofa 0, desk 0; bar was not told yet.
    assert found.coarse == 1.0 and found.fine == pytest.approx(1 / 3)
    labels = [("seat", "chair"), ("seat", "sofa"), ("table", "desk")]
    found = measure(at("chair", "bar", "desk"), labels, held_out, TREE, set(TREE.leaves))
    # The second record lies where bars do: bars are taken for seats, sofas for chairs.
    assert found.coarse == pytest.approx(3 / 4) and found.fine == pytest.approx(2 / 4)
    assert measure(at(), [], held_out, TREE, told).coarse == 0.0


def test_pseudo_labels_come_from_the_nearest_of_the_own_branch() -> None:
    held_out = crops("sofa", "desk")
    labels = [("seat", "sofa"), ("seat",), ("table", "desk")]
    features = at("sofa", "chair", "bar")
    features[1] = at("desk")[0]  # a seat that stands where desks do
    plain = measure(features, labels, held_out, TREE, set(TREE.leaves))
    pseudo = measure(features, labels, held_out, TREE, set(TREE.leaves), pseudo_labels=True)
    assert plain.fine == 1.0 and pseudo.fine == 0.5


def test_a_buffer_that_holds_everything_is_nearly_always_right() -> None:
    material = make_material(3, depth=2, **SMALL)
    tree = material.tree
    labels = [tree.path_of[name] for name in material.stream.categories]
    found = measure(material.stream.features, labels, material.held_out, tree, set(tree.leaves))
    assert found.coarse > 0.75 and found.fine > 0.65


def test_quotas_that_know_of_growth_keep_coarse_and_fine() -> None:
    held = {rule: keep_all(rule) for rule in ("hierarchy", "reservoir", "fifo")}
    fine = {rule: game.trials[-1].fine for rule, game in held.items()}
    assert fine["hierarchy"] > fine["reservoir"] and fine["hierarchy"] > fine["fifo"]
    labels = [shown.label for shown in held["hierarchy"].buffer if shown is not None]
    assert {len(label) for label in labels} == {2} and len(labels) == CONFIG.slots
    shown = Counter(shown.label for shown in held["hierarchy"].stream)
    many = Counter(labels)
    assert all(many[label] >= 1 for label in shown if len(label) == 2)


def test_an_episode_asks_for_every_crop() -> None:
    config = ExpansionConfig(**SMALL, steps=20, slots=3, checkpoints=2)
    episode = LabelExpansionEpisode(3, config)
    values = []
    for step in range(20):
        ask = episode.next()
        assert isinstance(ask, Ask) and ask.image is not None
        assert ask.number == step and len(ask.options) == 4 and ask.image.shape == (32, 32, 3)
        values.append(episode.submit(Reply(choice=step % 4)).values)
    assert [bool(each) for each in values] == [step in (9, 19) for step in range(20)]
    assert "final_fine_accuracy" in values[-1] and "final_fine_accuracy" not in values[9]
    assert episode.next() is None
    assert episode.progress == pytest.approx(
        np.mean([(v["coarse_accuracy"] + v["fine_accuracy"]) / 2 for v in values if v])
    )
    with pytest.raises(EvaluationError, match="stream is over"):
        episode.game.keep(None)


def test_what_is_no_slot_is_left() -> None:
    episode = LabelExpansionEpisode(3, CONFIG)
    episode.next()
    judgement = episode.submit(Reply(choice=99))
    assert not judgement.right and episode.game.buffer == [None] * 20
    with pytest.raises(ConfigError, match="slot is 20"):
        episode.game.keep(20)
    with pytest.raises(ConfigError, match="depth is 4"):
        ExpansionConfig(depth=4)


def test_the_suite_writes_the_same_record_again(tmp_path: Path) -> None:
    suite = load_suite("label_expansion")
    options = {**SMALL, "steps": 60, "slots": 10, "checkpoints": 3}
    job = Job(suite=suite.name, agent="hierarchy", seed=3, folder="", options=options)
    first, again = (suite.run(job, tmp_path) for _ in range(2))
    assert not first.error and first.values == again.values and first.asks == again.asks
    assert len(first.asks) == 3
    assert first.values["coarse_accuracy"] == pytest.approx(
        np.mean([ask.values["coarse_accuracy"] for ask in first.asks])
    )
