from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP, LOWER, OVER, action_of
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.linear import LinearHead, evicting_head
from embodied_mem.allocation.rules import RULES, Fine
from embodied_mem.allocation.rules.linear_rules import LinearOrder
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.generate import EpisodeConfig
from eviction_references import REFERENCES, simulate
from rule_episodes import begun, contents, episodes

FEATURES = len(SLOT_FEATURES)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize(
    ("slots", "fill", "arrivals"), [(6, 0.7, 40), (6, 2.0, 40), (24, 0.8, 80), (2, 0.4, 40)]
)
def test_a_rule_is_the_reference_slot_by_slot(name, slots, fill, arrivals):
    config = EpisodeConfig(slots=slots, fill=fill, arrivals=arrivals)
    drawn = episodes(8, config, seed=slots)
    core, head = begun(drawn), RULES[name]()
    assert isinstance(head, LinearHead)
    expected = np.array([simulate(episode, REFERENCES[name]) for episode in drawn])
    rng = np.random.default_rng(0)
    decided = 0
    while (core.arrival < arrivals).any():
        before = core.arrival.copy()
        result = core.step(head(*core.observe(), rng))
        assert (result.validity == 0).all()
        for row in np.flatnonzero(core.arrival > before):
            assert contents(core)[row].tolist() == expected[row, before[row]].tolist()
            decided += 1
    assert decided == 8 * arrivals


def test_the_references_differ():
    drawn = episodes(5, EpisodeConfig())
    runs = {
        name: [simulate(episode, order) for episode in drawn] for name, order in REFERENCES.items()
    }
    names = list(runs)
    for first in range(len(names)):
        for second in range(first):
            assert runs[names[first]] != runs[names[second]]


@pytest.mark.parametrize("name", REFERENCES)
def test_as_an_order_a_rule_decides_the_same(name):
    rng = np.random.default_rng(1)
    core = begun(episodes(20, EpisodeConfig(fill=0.5)))
    as_head, as_order = RULES[name](), Fine(LinearOrder(name))
    while (core.arrival < 40).any():
        seen = core.observe()
        chosen = as_head(*seen, rng)
        assert np.array_equal(chosen, as_order(*seen, rng))
        core.step(chosen)


def test_the_best_valid_action_wins_and_the_first_of_equal_ones():
    weights = np.zeros((FEATURES, 4))
    weights[SLOT_FEATURES.index("age"), OVER] = 1.0
    head = LinearHead(weights, [0.0, -5.0, -5.0, 0.5])
    slots = np.zeros((3, 4, FEATURES), np.float32)
    slots[:, :3, SLOT_FEATURES.index("age")] = [0.2, 0.9, 0.9]
    mask = np.zeros((3, 4, 4), bool)
    mask[:, :3, OVER] = True
    mask[1, 1, OVER] = False
    mask[2, 3, DROP] = mask[2, 2, LOWER] = True
    mask[2, 1:3, OVER] = False
    chosen = head(slots, np.zeros((3, 25), np.float32), mask)
    assert chosen.tolist() == [action_of(1, OVER), action_of(2, OVER), action_of(3, DROP)]


def test_refusal_is_all_that_is_left_where_nothing_fits():
    head = evicting_head({"age": 1.0})
    mask = np.zeros((1, 3, 4), bool)
    mask[0, 2, DROP] = mask[0, 2, LOWER] = mask[0, 0, LOWER] = True
    slots = np.zeros((1, 3, FEATURES), np.float32)
    slots[0, 2, SLOT_FEATURES.index("candidate")] = 1
    assert head(slots, np.zeros((1, 25), np.float32), mask) == action_of(2, DROP)


def test_a_head_comes_back_from_its_files(tmp_path: Path):
    rng = np.random.default_rng(3)
    head = LinearHead(rng.normal(size=(FEATURES, 4)), rng.normal(size=4), {"budget": 0.7})
    head.save(tmp_path / "linear")
    again = LinearHead.load(tmp_path / "linear.json")
    assert np.array_equal(again.weights, head.weights)
    assert np.array_equal(again.bias, head.bias)
    assert again.about == {"budget": 0.7}


@pytest.mark.parametrize(
    ("weights", "bias"),
    [
        (np.zeros((FEATURES, 3)), np.zeros(4)),
        (np.zeros((FEATURES, 4)), np.zeros(3)),
        (np.full((FEATURES, 4), np.nan), np.zeros(4)),
    ],
)
def test_weights_of_another_shape_are_refused(weights, bias):
    with pytest.raises(ConfigError, match="linear head"):
        LinearHead(weights, bias)


def test_a_head_of_other_features_is_refused(tmp_path: Path):
    LinearHead(np.zeros((FEATURES, 4)), np.zeros(4)).save(tmp_path / "linear")
    about = tmp_path / "linear.json"
    about.write_text(about.read_text().replace('"overlap"', '"underlap"'))
    with pytest.raises(ConfigError, match="other features"):
        LinearHead.load(tmp_path / "linear")


def test_a_head_made_of_a_transposed_array_is_read_back_as_it_is(tmp_path):
    weights = np.arange(len(SLOT_FEATURES) * 4, dtype=np.float64).reshape(4, -1).T
    LinearHead(weights, np.zeros(4)).save(tmp_path / "head")
    assert np.array_equal(LinearHead.load(tmp_path / "head").weights, weights)
