import numpy as np
import pytest
from scipy.stats import chi2

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OPERATIONS, OVER
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.rules import RULES, Coarse, Fine
from embodied_mem.allocation.rules.linear_rules import EXACT, LinearOrder
from embodied_mem.allocation.rules.sampling import Reservoir, WeightedReservoir
from embodied_mem_envs.allocation.generate import EpisodeConfig
from rule_episodes import begun, contents, episodes, steps

RNG = np.random.default_rng(0)


def observed(full=True, **features):
    """One decision of entries with these features, the candidate last; what fits is OVER."""
    count = len(next(iter(features.values())))
    slots = np.zeros((1, count, len(SLOT_FEATURES)), np.float32)
    slots[0, :, SLOT_FEATURES.index("held")] = 1
    slots[0, -1, SLOT_FEATURES.index("candidate")] = 1
    for name, values in features.items():
        slots[0, :, SLOT_FEATURES.index(name)] = values
    context = np.zeros((1, len(CONTEXT_FEATURES)), np.float32)
    context[0, CONTEXT_FEATURES.index("fill_slots")] = full
    mask = np.ones((1, count, 4), bool)
    mask[:, :, MERGE] = False
    mask[:, -1, OVER] = False
    return slots, context, mask


def decide(name, seen):
    entry, operation = divmod(int(RULES[name]()(*seen, RNG)[0]), len(OPERATIONS))
    return entry, OPERATIONS[operation]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("slots", "fill"), [(1, 0.5), (6, 0.4), (12, 0.8)])
def test_a_rule_only_does_what_is_valid(name, slots, fill):
    core = begun(episodes(3, EpisodeConfig(arrivals=16, slots=slots, fill=fill)))
    for result in steps(core, RULES[name]()):
        assert (result.validity == 0).all()


@pytest.mark.parametrize("name", [name for name in RULES if not name.endswith("_coarse")])
def test_the_coarse_variant_lowers_and_the_other_does_not(name):
    for each, levels in ((name, {0, 2}), (f"{name}_coarse", {0, 1, 2})):
        core = begun(episodes(6, EpisodeConfig(arrivals=16, fill=0.5)))
        seen = set()
        for _ in steps(core, RULES[each]()):
            seen |= set(core.levels.ravel().tolist())
        assert seen == levels


def test_the_coarse_variant_holds_more():
    held = {}
    for name in ("fifo", "fifo_coarse"):
        core = begun(episodes(10, EpisodeConfig(fill=0.5)))
        list(steps(core, RULES[name]()))
        held[name] = (core.levels > 0).sum()
    assert held["fifo_coarse"] > 1.2 * held["fifo"]


def test_lowering_starts_with_what_goes_next_and_spares_what_goes_now():
    seen = observed(age=[0.9, 0.5, 0.7, 0.0])
    seen[2][0, :-1, OVER] = False  # it fits nowhere in full
    assert decide("fifo_coarse", seen) == (2, "lower")
    seen[2][0, 2, LOWER] = False
    assert decide("fifo_coarse", seen) == (1, "lower")
    seen[2][0, 1, LOWER] = False
    assert decide("fifo_coarse", seen) == (3, "lower")  # the candidate itself, as the last
    seen[2][0, 3, LOWER] = False
    assert decide("fifo_coarse", seen) == (0, "drop")


def test_with_a_slot_to_spare_the_next_to_go_is_lowered_too():
    seen = observed(full=False, age=[0.9, 0.5, 0.0])
    assert decide("fifo_coarse", seen) == (0, "lower")
    assert decide("lifo_coarse", seen) == (2, "lower")
    seen[2][0, -1, OVER] = True
    assert decide("fifo_coarse", seen) == (2, "over")


def test_keep_first_refuses_in_both_variants():
    for name in ("lifo", "lifo_coarse"):
        assert decide(name, observed(age=[0.9, 0.5, 0.0])) == (2, "drop")


def test_the_reservoir_holds_each_candidate_as_likely():
    arrivals, slots, seeds = 12, 3, 10
    drawn = episodes(100, EpisodeConfig(arrivals=arrivals, slots=slots, fill=50.0))
    counts = np.zeros(arrivals)
    for seed in range(seeds):
        core = begun(drawn)
        list(steps(core, Fine(Reservoir(seed))))
        counts += np.bincount(contents(core).ravel(), minlength=arrivals)
    share, trials = slots / arrivals, seeds * len(drawn)
    assert counts.sum() == trials * slots
    spread = np.square(counts - trials * share).sum() / (trials * share * (1 - share))
    assert spread * (arrivals - 1) / arrivals < chi2.ppf(0.999, arrivals - 1)


def test_a_res_keeps_each_in_proportion_to_its_weight():
    slots, context, _ = observed(
        objects=[0.125, 0.25, 0.5, 0.25], quality=[0.4, 0.4, 0.4, 0.8], log_age=np.log1p(range(4))
    )
    context[0, CONTEXT_FEATURES.index("arrivals")] = np.log1p(8) / 6
    seeds = 3000
    kept = [int(WeightedReservoir(seed)(slots, context, RNG).argmin()) for seed in range(seeds)]
    expected = seeds * np.array([1, 2, 4, 4]) / 11
    spread = np.square(np.bincount(kept, minlength=4) - expected) / expected
    assert spread.sum() < chi2.ppf(0.999, 3)


def test_random_draws_every_slot():
    seen = observed(age=[0.9, 0.5, 0.2, 0.0])
    drawn = {decide("random", seen) for _ in range(60)}
    assert drawn == {(0, "over"), (1, "over"), (2, "over")}


def test_balance_takes_from_the_largest_class():
    rooms = {
        "room_0": [1, 0, 1, 1, 0, 0],
        "room_3": [0, 1, 0, 0, 0, 0],
        "room_5": [0, 0, 0, 0, 1, 1],
    }
    for name in ("balanced_room", "hierarchical"):
        entry, operation = decide(name, observed(**rooms))
        assert entry in {0, 2, 3} and operation == "over"


def test_a_candidate_of_the_largest_class_competes_with_its_own():
    ages = np.log1p([7, 3, 2, 5, 4, 0]) / 5
    chosen = set()
    for arrived in range(40):
        seen = observed(room_0=[1, 0, 1, 1, 0, 1], room_3=[0, 1, 0, 0, 1, 0], log_age=ages)
        seen[1][0, CONTEXT_FEATURES.index("arrivals")] = np.log1p(10 + arrived) / 6
        chosen.add(decide("balanced_room", seen))
    assert chosen == {(0, "over"), (2, "over"), (3, "over"), (5, "drop")}


def test_the_hierarchy_takes_from_the_fine_class_that_floods_a_coarse_one():
    entry, _ = decide(
        "hierarchical",
        observed(
            room_0=[1, 1, 1, 1, 0, 0, 0],
            room_3=[0, 0, 0, 0, 1, 1, 1],
            group_2=[0.25, 0, 0.25, 0.25, 0, 0, 0],
            group_7=[0, 0.25, 0, 0, 0.25, 0.25, 0.25],
        ),
    )
    assert entry in {0, 2, 3}


def test_k_center_lets_the_older_of_the_closest_go_or_the_candidate():
    seen = observed(similarity=[0.2, 0.8, 0.8, 0.5], age=[0.9, 0.4, 0.6, 0.0])
    assert decide("k_center", seen) == (2, "over")
    seen = observed(similarity=[0.2, 0.8, 0.8, 0.9], age=[0.9, 0.4, 0.6, 0.0])
    assert decide("k_center", seen) == (3, "drop")
    assert decide("adjacent", seen) == (2, "over")


def test_coverage_takes_in_what_shows_more_than_goes():
    shown = {"objects": [0.5, 0.25, 0.375, 0.25], "age": [0.9, 0.8, 0.4, 0.0]}
    assert decide("coverage", observed(unique=[0.5, 0.5, 0.0, 0.0], **shown)) == (2, "over")
    assert decide("coverage", observed(unique=[0.5, 0.5, 1.0, 0.0], **shown)) == (3, "drop")
    half = observed(unique=[0.5, 0.5, 1.0, 0.5], **shown)
    assert decide("coverage", half) == (1, "over")
    assert decide("swap_streaming", half) == (3, "drop")
    twice = observed(unique=[0.5, 0.5, 1.0, 1.0], **shown)
    assert decide("swap_streaming", twice) == (1, "over")


def test_surprise_keeps_what_was_new():
    seen = observed(
        objects=[0.5, 0.5, 0.5, 0.5],
        first=[1.0, 0.25, 0.5, 0.5],
        moved=[0.0, 0.5, 0.0, 0.25],
        age=[0.9, 0.8, 0.4, 0.0],
    )
    assert decide("surprise", seen) == (2, "over")


def test_the_hedge_keeps_the_first_half_and_rolls_the_other():
    core = begun(episodes(4, EpisodeConfig(slots=6, fill=50.0)))
    list(steps(core, RULES["hedge"]()))
    assert [sorted(row) for row in contents(core).tolist()] == [[0, 1, 2, 37, 38, 39]] * 4


def test_orders_of_the_linear_rules_stand_for_both_variants():
    for name in EXACT:
        assert isinstance(RULES[f"{name}_coarse"](), Coarse)
        assert LinearOrder(name)(*observed(age=[0.5, 0.1, 0.0])[:2], RNG).shape == (1, 3)


def test_refusal_is_left_where_nothing_else_is():
    seen = observed(full=False, age=[0.5, 0.1, 0.0])
    seen[2][:] = False
    seen[2][0, -1, DROP] = True
    for name in RULES:
        assert decide(name, seen) == (2, "drop")
