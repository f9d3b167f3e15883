"""What other methods may do: the masks of the baselines."""

import numpy as np
import pytest

from allocation_episodes import small_episodes
from embodied_mem.allocation.head import DROP, LOWER, MERGE, OPERATIONS, OVER
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.network import ScorerNetwork, parameter_shapes
from embodied_mem.allocation.restrictions import (
    RESTRICTIONS,
    RestrictedScorer,
    adaptive_stacking,
    push_or_skip,
)
from embodied_mem.errors import ConfigError

AGE = SLOT_FEATURES.index("age")


def decision(*, ages=(0.2, 0.9, 0.5), over=(True, True, True), room=False):
    slots = np.zeros((1, 4, len(SLOT_FEATURES)), np.float32)
    slots[0, :3, AGE] = ages
    slots[0, :, 0] = 1
    mask = np.ones((1, 4, 4), bool)
    mask[0, :3, OVER] = over
    mask[0, :3, MERGE] = False
    mask[0, 3, (OVER, MERGE)] = room, False
    return slots, mask


def actions_of(allowed):
    return {(int(entry), int(operation)) for _, entry, operation in np.argwhere(allowed)}


def test_the_stack_takes_everything_over_any_slot():
    assert actions_of(adaptive_stacking(*decision())) == {(0, OVER), (1, OVER), (2, OVER)}
    assert actions_of(adaptive_stacking(*decision(over=(False, True, False)))) == {(1, OVER)}


def test_the_stack_pops_nothing_while_there_is_room():
    assert actions_of(adaptive_stacking(*decision(room=True))) == {(3, OVER)}


def test_the_stack_pops_more_where_bytes_are_short():
    found = actions_of(adaptive_stacking(*decision(over=(False, False, False))))
    assert found == {(0, DROP), (1, DROP), (2, DROP)}


def test_the_stack_refuses_only_what_can_never_fit():
    slots, mask = decision(over=(False, False, False))
    mask[0, :, (LOWER, DROP)] = False
    mask[0, 3, DROP] = True
    assert actions_of(adaptive_stacking(slots, mask)) == {(3, DROP)}


def test_push_goes_over_the_oldest_or_is_skipped():
    assert actions_of(push_or_skip(*decision())) == {(1, OVER), (3, DROP)}
    assert actions_of(push_or_skip(*decision(over=(True, False, True)))) == {(2, OVER), (3, DROP)}
    assert actions_of(push_or_skip(*decision(over=(False,) * 3))) == {(3, DROP)}
    assert actions_of(push_or_skip(*decision(room=True))) == {(3, OVER), (3, DROP)}


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    episodes = small_episodes(count=1)
    shapes = parameter_shapes(len(episodes.slot_features), len(episodes.context_features), 8)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return ScorerNetwork(weights, about={"seed": 3})


@pytest.mark.parametrize("name", RESTRICTIONS)
def test_in_whole_episodes_nothing_else_is_done(network, name):
    episodes = small_episodes(count=32)
    core = episodes.make_core(32)
    core.begin(np.arange(32), np.arange(32))
    policy = RestrictedScorer(network, name)
    done = np.zeros(32, bool)
    while not done.any():
        slots, context, mask = core.observe()
        narrowed = RESTRICTIONS[name](slots, mask)
        assert not (narrowed & ~mask).any() and narrowed.any(axis=(1, 2)).all()
        actions = policy(slots, context, mask)
        assert narrowed.reshape(32, -1)[np.arange(32), actions].all()
        operation = actions % len(OPERATIONS)
        assert not np.isin(operation, (MERGE, LOWER)).any()
        if name == "stacking":
            refused = actions == mask[0].size - 1
            assert not (refused & mask[:, :, OVER].any(axis=1)).any()
        done = core.step(actions).done
    assert (core.levels != 1).all()


def test_saving_and_loading_keeps_the_restriction(network, tmp_path):
    RestrictedScorer(network, "push_skip").save(tmp_path / "x", {"seed": 4})
    back = RestrictedScorer.load(tmp_path / "x")
    assert back.restriction == "push_skip"
    assert back.network.about == {"seed": 4, "restriction": "push_skip"}
    network.save(tmp_path / "y")
    with pytest.raises(ConfigError, match="no restriction is called 'none'"):
        RestrictedScorer.load(tmp_path / "y")
