"""The scorer in torch: equal to the one in NumPy, and its gradient to autograd's."""

import numpy as np
import pytest
import torch

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import parameter_shapes
from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.trunk import Trunk, trunk


def random_inputs(seed, batch, entries, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, entries, len(SLOT_FEATURES))
    slots = torch.randn(shape, generator=generator, dtype=dtype)
    slots[:, :, 0] = (torch.rand((batch, entries), generator=generator) < 0.6).to(dtype)
    slots[:, -1, 0] = 1
    slots *= slots[:, :, :1]
    context = torch.randn((batch, len(CONTEXT_FEATURES)), generator=generator, dtype=dtype)
    return slots, context


@pytest.fixture
def network():
    torch.manual_seed(3)
    scorer = Scorer(SLOT_FEATURES, CONTEXT_FEATURES, hidden=32)
    for parameter in scorer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.nn.init.normal_(scorer.base.weight, std=0.01)
    torch.nn.init.normal_(scorer.steer.weight, std=0.001)
    return scorer


@pytest.mark.parametrize("entries", [2, 7, 65])
def test_torch_and_numpy_give_the_same_scores(network, entries):
    slots, context = random_inputs(1, 50, entries)
    with torch.inference_mode():
        expected, _ = network(slots, context)
    exported = network.exported()
    found = exported.logits(slots.numpy(), context.numpy())
    np.testing.assert_allclose(found.reshape(50, -1), expected.numpy(), rtol=1e-6, atol=1e-5)
    single = exported.logits(slots[0].numpy(), context[0].numpy())
    np.testing.assert_allclose(single.ravel(), expected[0].numpy(), rtol=1e-6, atol=1e-5)


def test_the_names_are_those_of_numpy(network):
    shapes = {name: tuple(value.shape) for name, value in network.policy_parameters().items()}
    assert shapes == parameter_shapes(len(SLOT_FEATURES), len(CONTEXT_FEATURES), 32)


def test_a_scorer_takes_over_an_exported_one(network):
    other = Scorer(SLOT_FEATURES, CONTEXT_FEATURES, hidden=32)
    other.take_over(network.exported())
    slots, context = random_inputs(2, 9, 4)
    assert torch.equal(other(slots, context)[0], network(slots, context)[0])


def plain(slots, context, held, *weights):
    """The same layers for autograd to go through."""
    entry, entry_bias, context_weight, mix, mix_bias, pool, score, score_bias = weights
    hidden = slots @ entry.t() + entry_bias + (context @ context_weight.t())[:, None]
    hidden = torch.relu(hidden) * held[:, :, None]
    mean = hidden.sum(1) / held.sum(1, keepdim=True)
    pooled = torch.cat((mean, hidden.amax(1), hidden[:, -1]), 1)
    mixed = torch.relu(hidden @ mix.t() + (pooled @ pool.t() + mix_bias)[:, None])
    return (mixed @ score.t() + score_bias).flatten(1), pooled


def weights_of(inputs, shared, hidden, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = parameter_shapes(inputs, shared, hidden)
    order = ("entry.weight", "entry.bias", "context.weight", "mix.weight", "mix.bias")
    order += ("pool.weight", "score.weight", "score.bias")
    return [
        torch.randn(shapes[name], generator=generator, dtype=torch.float64).requires_grad_()
        for name in order
    ]


def test_the_gradient_is_that_of_autograd():
    slots, context = random_inputs(4, 30, 5, torch.float64)
    slots[0, 1] = slots[0, 0]  # two largest that are equal share the gradient
    weights = weights_of(slots.shape[2], context.shape[1], 6, 5)
    gradients = []
    for layers in (plain, trunk):
        scores, pooled = layers(slots, context, slots[:, :, 0], *weights)
        loss = (scores * torch.linspace(-1, 1, scores.shape[1])).sum() + pooled.square().sum()
        gradients.append(torch.autograd.grad(loss, weights))
    for expected, found in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_gradient_is_that_of_small_differences():
    slots, context = random_inputs(6, 4, 3, torch.float64)
    weights = weights_of(slots.shape[2], context.shape[1], 3, 7)
    held = slots[:, :, 0].clone()
    torch.autograd.gradcheck(lambda *w: Trunk.apply(slots, context, held, *w), weights)


def test_what_is_not_valid_is_never_drawn_and_adds_nothing():
    scores = torch.randn(2000, 6, requires_grad=True)
    mask = torch.rand(2000, 6) < 0.5
    mask[:, 2] = True
    log_p = distribution.log_probabilities(scores, mask)
    assert mask.gather(1, distribution.draw(log_p)[:, None]).all()
    kept = log_p.masked_fill(~mask, -torch.inf)
    torch.testing.assert_close(kept.exp().sum(1), torch.ones(2000))
    expected = torch.distributions.Categorical(logits=scores.masked_fill(~mask, -1e9)).entropy()
    torch.testing.assert_close(distribution.entropy(log_p), expected)
    distribution.entropy(log_p).sum().backward()
    assert torch.isfinite(scores.grad).all()
    assert (scores.grad[~mask] == 0).all()


def test_draws_follow_the_probabilities():
    log_p = torch.log_softmax(torch.tensor([[0.0, 1.0, 2.0, -1.0]]), 1).expand(40_000, 4)
    drawn = distribution.draw(log_p, torch.Generator().manual_seed(0))
    found = torch.bincount(drawn, minlength=4) / 40_000
    torch.testing.assert_close(found, log_p[0].exp(), atol=0.01, rtol=0)
