"""Partners: what they ask of each other, what stays private, and forms filled for them."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Final

import msgspec
import numpy as np

from embodied_mem.brain.partners import prefill
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.bench.long.partners_episode import Asked, play
from embodied_mem_envs.bench.long.partners_leaks import Leaks, attack
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.tasks.mixed_session import words
from embodied_mem_envs.tasks.mixed_session.ledger import Telling
from embodied_mem_envs.tasks.mixed_session.script import PARTNERS, draw_script

_FIRST_SEED: Final = 1100
"""Those before were looked into."""
_EPISODES, _QUICK_EPISODES = 20, 2
_TIMES, _QUICK_TIMES = 3, 4
"""Attacks on every way, by asker and episode: 180 on each way in all."""
_OPTIONS: Final = 3


def bench_partners(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Plays MixedSession with one memory and with silos, attacks what is private, fills forms.

    Returns:
        `cross_partner` and `silos_cross_partner` (share of questions about what others told that
        were answered right), their bounds, `contradictions` (of the current state), `leaks` (of
        `attacks`), `leaks_without_gate`, `least_control` (of the way that finds least then),
        `prefill_session_3`, `prefill_end`, `prefill_invented`.
    """
    began, leaks, forms = process_time(), Leaks(), Counter[str]()
    ours: list[list[Asked]] = []
    silos: list[list[Asked]] = []
    seeds = range(_FIRST_SEED, _FIRST_SEED + (_QUICK_EPISODES if quick else _EPISODES))
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="partners-") as name:
            folder = Path(name)
            fill = partial(_fill, seed, forms)
            episode, asked = play(seed, "ours", folder / "ours", before_session=fill)
            ours.append(asked)
            with MemoryStore.read(folder / "ours" / "memory") as store:
                _fill(seed, forms, 6, store)
            silos.append(play(seed, "silos", folder / "silos")[1])
            rng = np.random.default_rng([seed, 163])
            times = _QUICK_TIMES if quick else _TIMES
            attack(episode, folder / "ours" / "memory", rng, times, leaks)
        note(f"  seed {seed}: {sum(leaks.leaked.values())} leaks in {leaks.attacks.total()}")
    for example in leaks.examples[:10]:
        note(f"  LEAK {example}")
    figures = _figures(ours, silos, leaks, forms)
    figures["partners_cpu_s"] = process_time() - began
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        ways = {
            way: {
                "attacks": leaks.attacks[way],
                "leaks": leaks.leaked[way],
                "found_without_gate": leaks.control[way],
            }
            for way in leaks.attacks
        }
        (out / "attacks.json").write_bytes(msgspec.json.format(msgspec.json.encode(ways)))
    return figures


def _figures(
    ours: Sequence[Sequence[Asked]],
    silos: Sequence[Sequence[Asked]],
    leaks: Leaks,
    forms: Counter[str],
) -> dict[str, float]:
    cross = mean_interval([_right(asked, "cross_partner") for asked in ours])
    apart = mean_interval([_right(asked, "cross_partner") for asked in silos])
    answered = [each for asked in ours for each in asked]
    told = sum(each.judgement.values.get("leaks", 0.0) for each in answered)
    return {
        "cross_partner": cross.mean,
        "cross_partner_low": cross.lo,
        "cross_partner_high": cross.hi,
        "cross_partner_asks": float(sum(a.ask.kind == "cross_partner" for a in answered)),
        "silos_cross_partner": apart.mean,
        "silos_cross_partner_high": apart.hi,
        "all_asks_right": sum(a.judgement.right for a in answered) / len(answered),
        "contradictions": sum(a.judgement.values.get("contradictions", 0.0) for a in answered),
        "leaks": sum(leaks.leaked.values()) + told,
        "attacks": float(leaks.attacks.total()),
        "attacks_on_the_rarest_way": float(min(leaks.attacks.values())),
        "leaks_without_gate": float(leaks.control.total()),
        "least_control": min(leaks.control[way] / leaks.attacks[way] for way in leaks.attacks),
        "prefill_session_3": forms["right 3"] / forms["asked 3"],
        "prefill_end": forms["right 6"] / forms["asked 6"],
        "prefill_invented": float(forms["invented 3"] + forms["invented 6"]),
    }


def _right(asked: Sequence[Asked], kind: str) -> float:
    of_kind = [each for each in asked if each.ask.kind == kind]
    return sum(each.judgement.right for each in of_kind) / len(of_kind)


def _fill(seed: int, forms: Counter[str], session: int, store: MemoryStore) -> None:
    """Fills a form of all kinds of favourites for each partner, by the end of a session."""
    if session not in (PARTNERS, 2 * PARTNERS):
        return
    script = draw_script(np.random.default_rng([seed, 151]), first_tick=100, ticks_between=1000)
    rng = np.random.default_rng([seed, session, 167])
    tellings = [
        line.telling
        for each in script.sessions
        if each.number <= session
        for line in each.lines
        if line.telling is not None
    ]
    for partner in script.partners:
        truth = _favourites(tellings, partner)
        form = {f"favourite {noun}": _allowed(noun, truth, rng) for noun in words.FAVOURITES}
        for name, filled in prefill(store, form, partner).items():
            expected = truth.get(name)
            if expected is None:
                forms[f"invented {session}"] += filled.value is not None
                continue
            forms[f"asked {session}"] += 1
            forms[f"right {session}"] += filled.value == expected and bool(filled.citations)


def _favourites(tellings: Sequence[Telling], partner: str) -> dict[str, str]:
    """Returns the last word of a partner on each of their favourites."""
    return {
        told.name: told.value
        for told in tellings
        if told.teller == told.subject == partner and told.name.startswith("favourite ")
    }


def _allowed(noun: str, truth: dict[str, str], rng: np.random.Generator) -> list[str]:
    """Returns the values that a form allows: the true one among others, in any order."""
    pool = words.FAVOURITES[noun]
    right = truth.get(f"favourite {noun}")
    others = [pool[index] for index in rng.permutation(len(pool)).tolist() if pool[index] != right]
    values = [*([right] if right else []), *others][:_OPTIONS]
    return [values[index] for index in rng.permutation(len(values)).tolist()]
