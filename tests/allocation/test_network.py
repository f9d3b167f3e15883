"""The scorer in NumPy: what it computes, what it refuses, what it survives on the disk."""

import json
from itertools import permutations

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP, OVER, action_of
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import GAIN, ScorerNetwork, parameter_shapes
from embodied_mem.allocation.weights import weight_files
from embodied_mem.errors import ConfigError

F, C, H = len(SLOT_FEATURES), len(CONTEXT_FEATURES), 16


def random_parameters(rng, inputs=F, shared=C, hidden=H):
    shapes = parameter_shapes(inputs, shared, hidden)
    scale = {"steer.weight": 0.01, "base.weight": 0.05}
    return {
        name: rng.normal(0, scale.get(name, 0.4), shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def random_decisions(rng, batch, slots):
    entries = rng.normal(size=(batch, slots + 1, F)).astype(np.float32)
    entries[:, :, 0] = rng.random((batch, slots + 1)) < 0.7
    entries[:, -1, 0] = 1
    entries[:, :, 1] = np.arange(slots + 1) == slots
    entries *= entries[:, :, :1]
    context = rng.normal(size=(batch, C)).astype(np.float32)
    mask = rng.random((batch, slots + 1, 4)) < 0.4
    mask[:, -1, DROP] = True
    return entries, context, mask


@pytest.fixture
def network():
    return ScorerNetwork(random_parameters(np.random.default_rng(5)), about={"algorithm": "none"})


def written_out(parameters, slots, context):
    """The formulas of the module, in double precision, entry by entry."""
    weights = {name: value.astype(float) for name, value in parameters.items()}
    held = [entry for entry in slots if entry[0] == 1]

    def hidden(entry):
        return np.maximum(
            weights["entry.weight"] @ entry
            + weights["context.weight"] @ context
            + weights["entry.bias"],
            0,
        )

    seen = np.array([hidden(entry) for entry in held])
    pooled = np.concatenate([seen.mean(axis=0), seen.max(axis=0), hidden(slots[-1])])
    situation = np.concatenate([context, np.mean(held, axis=0), slots[-1]])
    sensed = np.maximum(weights["sense.weight"] @ situation + weights["sense.bias"], 0)
    rule = (weights["steer.weight"] @ sensed).reshape(-1, 4).T + weights["base.weight"]
    return [
        weights["score.weight"]
        @ np.maximum(
            weights["mix.weight"] @ hidden(entry)
            + weights["pool.weight"] @ pooled
            + weights["mix.bias"],
            0,
        )
        + weights["score.bias"]
        + GAIN * rule @ entry
        for entry in held
    ]


@pytest.mark.parametrize("slots", [1, 6, 64])
def test_the_scores_are_those_of_the_formulas(network, slots):
    entries, context, _ = random_decisions(np.random.default_rng(1), 3, slots)
    for row in range(3):
        expected = written_out(network.parameters, entries[row], context[row])
        held = entries[row, :, 0] == 1
        found = network.logits(entries[row], context[row])[held]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-4)


def test_one_decision_and_a_batch_agree(network):
    entries, context, mask = random_decisions(np.random.default_rng(2), 40, 6)
    batch = network.logits(entries, context, mask)
    for row in range(40):
        single = network.logits(entries[row], context[row], mask[row])
        np.testing.assert_allclose(batch[row], single, atol=1e-5)
        assert network.act(entries[row], context[row], mask[row]) == batch[row].argmax()
    assert np.isneginf(batch[~mask]).all() and np.isfinite(batch[mask]).all()


def test_the_order_of_the_slots_does_not_matter(network):
    entries, context, _ = random_decisions(np.random.default_rng(3), 1, 4)
    before = network.logits(entries[0], context[0])
    for order in permutations(range(4)):
        rows = [*order, 4]
        after = network.logits(entries[0][rows], context[0])
        np.testing.assert_allclose(after, before[rows], atol=1e-5)


def test_more_empty_slots_change_nothing(network):
    entries, context, _ = random_decisions(np.random.default_rng(4), 1, 5)
    entries[:, :, 0] = 1
    wider = np.insert(entries[0], [2, 5, 5], 0.0, axis=0)
    kept = [0, 1, 3, 4, 5, 8]
    np.testing.assert_allclose(
        network.logits(wider, context[0])[kept],
        network.logits(entries[0], context[0]),
        atol=1e-5,
    )


def test_draws_follow_the_probabilities_of_the_valid_actions(network):
    entries, context, mask = random_decisions(np.random.default_rng(6), 1, 2)
    count = 20_000
    drawn = network.act(
        np.repeat(entries, count, 0),
        np.repeat(context, count, 0),
        np.repeat(mask, count, 0),
        np.random.default_rng(7),
    )
    scores = network.logits(entries[0], context[0], mask[0]).ravel().astype(float)
    expected = np.exp(scores - scores.max())
    expected /= expected.sum()
    found = np.bincount(drawn, minlength=12) / count
    np.testing.assert_allclose(found, expected, atol=0.015)
    assert (found[~mask.ravel()] == 0).all()


def test_a_rule_can_be_written_as_weights():
    """First in, first out: over the oldest slot, or into free room."""
    parameters = {n: np.zeros(s, np.float32) for n, s in parameter_shapes(F, C, 2).items()}
    parameters["entry.weight"][0, SLOT_FEATURES.index("age")] = 1
    parameters["entry.weight"][0, SLOT_FEATURES.index("candidate")] = 9
    parameters["mix.weight"][0, 0] = 1
    parameters["score.weight"][OVER, 0] = 1
    parameters["score.bias"][:] = [0, -9, -9, -9]
    fifo = ScorerNetwork(parameters)
    entries = np.zeros((4, F), np.float32)
    entries[:, 0], entries[3, 1] = 1, 1
    entries[:3, SLOT_FEATURES.index("age")] = [0.2, 0.9, 0.4]
    mask = np.ones((4, 4), bool)
    context = np.zeros(C, np.float32)
    assert fifo.act(entries, context, mask) == action_of(3, OVER)
    mask[3, OVER] = False
    assert fifo.act(entries, context, mask) == action_of(1, OVER)


def test_saving_and_loading_keeps_every_bit(network, tmp_path):
    for path in (tmp_path / "ppo", tmp_path / "grpo.safetensors", tmp_path):
        network.save(path)
        back = ScorerNetwork.load(path)
        assert back.about == {"algorithm": "none"}
        for name, weight in network.parameters.items():
            assert weight.tobytes() == back.parameters[name].tobytes()
    names = [
        f"{stem}.{end}" for stem in ("grpo", "policy", "ppo") for end in ("json", "safetensors")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_other_features_are_named(network, tmp_path):
    network.save(tmp_path)
    with pytest.raises(ConfigError, match=r"slot features: .*'bytes'.*'wetness'"):
        others = ["wetness" if name == "bytes" else name for name in SLOT_FEATURES]
        ScorerNetwork.load(tmp_path, slot_features=others)
    with pytest.raises(ConfigError, match="order differs"):
        ScorerNetwork.load(tmp_path, context_features=CONTEXT_FEATURES[::-1])
    anyway = ScorerNetwork.load(tmp_path, slot_features=None, context_features=None)
    assert anyway.context_features == CONTEXT_FEATURES


def test_wrong_shapes_are_named(network):
    entries, context, mask = random_decisions(np.random.default_rng(8), 2, 3)
    with pytest.raises(ConfigError, match=rf"slots are \(2, 4, {F - 1}\)"):
        network.logits(entries[:, :, 1:], context)
    with pytest.raises(ConfigError, match=rf"context is \({C},\); expected \(2, {C}\)"):
        network.logits(entries, context[0])
    with pytest.raises(ConfigError, match="mask"):
        network.act(entries, context, mask[:, 1:])


def test_wrong_weights_are_named():
    rng = np.random.default_rng(9)
    good = random_parameters(rng)
    with pytest.raises(ConfigError, match=r"mix\.bias missing"):
        ScorerNetwork({name: value for name, value in good.items() if name != "mix.bias"})
    with pytest.raises(ConfigError, match=r"other.*no such weight"):
        ScorerNetwork({**good, "other": np.zeros(3, np.float32)})
    with pytest.raises(
        ConfigError, match=rf"entry.weight \({H}, {F}\) \(expected \({H}, {F - 1}\)\)"
    ):
        ScorerNetwork(good, slot_features=SLOT_FEATURES[:-1])
    with pytest.raises(ConfigError, match="not finite"):
        ScorerNetwork({**good, "score.bias": np.full(4, np.nan, np.float32)})
    with pytest.raises(ConfigError, match="held"):
        ScorerNetwork(good, slot_features=[f"s{i}" for i in range(F)])


def test_every_damaged_byte_of_the_weights_is_found(network, tmp_path):
    network.save(tmp_path)
    weights, _ = weight_files(tmp_path)
    data = weights.read_bytes()
    rng = np.random.default_rng(10)
    for place in rng.integers(len(data), size=60):
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        weights.write_bytes(damaged)
        with pytest.raises(ConfigError, match="damaged"):
            ScorerNetwork.load(tmp_path)
    weights.write_bytes(data[: len(data) // 2])
    with pytest.raises(ConfigError, match="damaged"):
        ScorerNetwork.load(tmp_path)


def test_a_wrong_header_is_refused(network, tmp_path):
    network.save(tmp_path)
    weights, about = weight_files(tmp_path)
    text = about.read_text(encoding="utf-8")
    for broken, message in (
        (text[:40], "no JSON"),
        ("[]", "does not describe"),
        (text.replace('"slot_features"', '"slots"'), "does not describe"),
        (json.dumps({**json.loads(text), "schema": 7}), "version 7"),
        (json.dumps({**json.loads(text), "kind": "ama"}), "holds a ama"),
        (json.dumps({**json.loads(text), "operations": ["keep"]}), "operations"),
    ):
        about.write_text(broken, encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            ScorerNetwork.load(tmp_path)
    weights.unlink()
    about.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="no trained weights at"):
        ScorerNetwork.load(tmp_path)
