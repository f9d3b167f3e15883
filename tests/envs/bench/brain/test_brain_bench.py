"""The bench of the brain: its judges tell good from bad, and its measurements are of the thing."""

import numpy as np
import pytest

from embodied_mem_envs.bench.brain.grammar import bench_grammar, random_state, try_program


def silent(_: str) -> None:
    """Notes nothing."""


def test_no_program_crashes_the_grammar() -> None:
    figures = bench_grammar(quick=True, note=silent)
    assert figures["plan_grammar_crashes"] == 0
    assert figures["plan_grammar_programs"] == 1000
    assert 400 < figures["plan_grammar_refused"] <= 750


@pytest.mark.parametrize(("text", "outcome"), [
    ("on(mug, tray) and not holding_any()", "sound"), ("on(mug", "refused"), ("\0", "refused"),
    ("(" * 1999, "refused"), ("1" * 1999, "refused"), ("", "refused"),
])  # fmt: skip
def test_programs_are_judged(text: str, outcome: str) -> None:
    assert try_program(text, random_state(np.random.default_rng(0))) == outcome


def test_a_crash_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from embodied_mem_envs.bench.brain import grammar

    def crash(text: str) -> object:
        raise RecursionError

    monkeypatch.setattr(grammar, "parse_condition", crash)
    assert bench_grammar(quick=True, note=silent)["plan_grammar_crashes"] == 1000


def test_contact_is_answered_by_the_next_command() -> None:
    pytest.importorskip("pybullet")
    pytest.importorskip("pinocchio")
    from embodied_mem_envs.bench.brain.reflex import Poker

    poker = Poker(np.random.default_rng(3), rate=2000.0)
    braked, rested, peak = poker.poke()
    assert braked == 1
    assert 1 < rested < 60
    assert peak > poker.loop.config.contact
    poker.body.close()
