"""Calls that are executed though a share of a model's answers is malformed.

A model that always means the right call writes it; 30 % of its answers, repairs included, are then
made malformed in the 26 ways of `embodied_mem.testing.garbling`, each as likely as the others. No
record of how often real models slip in which way is at hand, so the share of each way is given
too. Executed is a call only if it is the one that was meant.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from embodied_mem.brain.asking.replies import call_type, tool_of
from embodied_mem.brain.tools import Toolbox, memory_tools
from embodied_mem.errors import MalformedOutputError
from embodied_mem.models.client import Message
from embodied_mem.models.mending import Mended, mend
from embodied_mem.models.structured import ask_until, schema_for
from embodied_mem.testing.garbling import WAYS, Garbling
from embodied_mem_envs.bench.long.rerank_walks import walked_memory
from embodied_mem_envs.bench.models.malformed_calls import Knowing, draw_calls
from embodied_mem_envs.bench.models.malformed_plans import plan_malformed
from embodied_mem_envs.bench.models.malformed_tally import Tally
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

_RATE: Final = 0.3
_FIRST_SEED: Final = 3200
"""Those before were looked into."""
_HOUSES, _CALLS = 8, 400
_PLANS: Final = 60
"""Of each seed."""
_OF_A_WAY: Final = 200
Reader = Callable[[str, Any], Mended[Any]]


def bench_malformed(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures the part `malformed`; see the module.

    Returns:
        `executed_at_30pct_malformed` of calls of a house's memory tools, with its interval over
        houses, `malformed_wrong` (share of calls that were executed otherwise than meant),
        `malformed_first_try`, `malformed_retries` (a call), `malformed_calls` (how many); the
        same for other readers of the same answers: `strict` (JSON as it stands), `json_repair`;
        for no retries (`once`); for plans of the tabletop (`plans`, and `plans_once_again` with
        the single repair that a cortex has by itself); `malformed_mended`: share of the malformed
        answers that were mended without a retry, `malformed_mended_wrong`.
    """
    houses = range(_FIRST_SEED, _FIRST_SEED + (1 if quick else _HOUSES))
    count = 100 if quick else _CALLS
    readers: dict[str, tuple[Reader, int]] = {
        "malformed": (mend, 2),
        "once": (mend, 0),
        "strict": (_strict, 2),
        "json_repair": (_json_repair, 2),
    }
    tallies: dict[str, list[Tally]] = {name: [] for name in (*readers, "plans", "plans_once_again")}
    ways: dict[str, Counter[str]] = {}
    for seed in houses:
        store = walked_memory(seed)
        tools = memory_tools(store, write=True)
        calls = draw_calls(store, tools, np.random.default_rng([seed, 23]), count)
        for name, (read, retries) in readers.items():
            tallies[name].append(_call_tools(tools, calls, read, retries, seed, note))
        for name, retries in (("plans", 2), ("plans_once_again", 1)):
            plans = plan_malformed(seed, rate=_RATE, retries=retries, count=_PLANS)
            tallies[name].append(plans)
        _mend_each_way(tools, calls, seed, _OF_A_WAY // len(houses), ways)
        note(f"  house {seed}: {tallies['malformed'][-1]}")
    for name, each in tallies.items():
        note(f"  {name}: {_line(each)}")
    for way, found in ways.items():
        note(f"  {way}: {dict(found)}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table = {way: dict(found) for way, found in ways.items()}
        (out / "ways.json").write_bytes(msgspec.json.format(msgspec.json.encode(table)))
    return _figures(tallies, ways)


def _call_tools(
    tools: Toolbox,
    calls: list[str],
    read: Reader,
    retries: int,
    seed: int,
    note: Callable[[str], None],
) -> Tally:
    """Asks for calls and carries out what comes."""
    of: Any = call_type(tools.values())
    model, rng, tally = Knowing(), np.random.default_rng([seed, 29]), Tally()
    garbling = Garbling(model, _RATE, rng, reply=of)
    messages = [Message(role="user", text="Write one call.")]
    for text in calls:
        model.text = text
        meant = msgspec.json.decode(text, type=of)
        before = garbling.asked
        try:
            got = ask_until(
                garbling,
                messages,
                lambda said: read(said, of),
                schema=schema_for(of),
                retries=retries,
            ).value
        except MalformedOutputError:
            got = None
        failed = False
        if got is not None:
            done = tools.call(tool_of(got), msgspec.to_builtins(got.arguments))
            failed = done.failed and got == meant
            if failed:
                note(f"  the memory answered {text} by {done.text}")
        tally.add(
            got == meant and not failed,
            refused=got is None,
            calls=garbling.asked - before,
            failed=failed,
        )
    return tally


def _mend_each_way(
    tools: Toolbox, calls: list[str], seed: int, count: int, ways: dict[str, Counter[str]]
) -> None:
    """Counts what becomes of answers that are malformed in one way, without retries."""
    of: Any = call_type(tools.values())
    rng = np.random.default_rng([seed, 37])
    for way in WAYS:
        found = ways.setdefault(way, Counter())
        model = Knowing()
        garbling = Garbling(model, 1.0, rng, reply=of, ways=[way])
        for text in (str(rng.choice(calls)) for _ in range(count)):
            model.text = text
            if not garbling.can(text):
                continue
            said = garbling.complete([]).text
            try:
                right = mend(said, of).value == msgspec.json.decode(text, type=of)
            except MalformedOutputError:
                found["refused"] += 1
            else:
                found["right" if right else "wrong"] += 1


def _strict(text: str, of: Any) -> Mended[Any]:
    try:
        return Mended(value=msgspec.json.decode(text, type=of))
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise MalformedOutputError(str(error)) from None


def _json_repair(text: str, of: Any) -> Mended[Any]:
    """Reads as many do: `json-repair`, then a validation that turns texts into numbers."""
    import json_repair

    try:
        value = json_repair.loads(text)
        return Mended(value=msgspec.convert(value, of, strict=False), repaired=True)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise MalformedOutputError(str(error)) from None


def _line(tallies: list[Tally]) -> str:
    asked = sum(each.asked for each in tallies)
    right = sum(each.right for each in tallies)
    wrong = sum(each.wrong for each in tallies)
    return f"{right} of {asked} executed ({right / asked:.4f}), {wrong} wrong"


def _figures(tallies: dict[str, list[Tally]], ways: dict[str, Counter[str]]) -> dict[str, float]:
    ours = tallies["malformed"]
    interval = mean_interval([each.executed for each in ours])
    figures = {
        "executed_at_30pct_malformed": interval.mean,
        "executed_at_30pct_malformed_low": interval.lo,
        "executed_at_30pct_malformed_high": interval.hi,
        "malformed_calls": float(sum(each.asked for each in ours)),
    }
    for name, found in tallies.items():
        asked = sum(each.asked for each in found)
        if name != "malformed":
            figures[f"executed_{name}"] = sum(each.right for each in found) / asked
        figures[f"{name}_wrong"] = sum(each.wrong for each in found) / asked
        figures[f"{name}_first_try"] = sum(each.first for each in found) / asked
        figures[f"{name}_retries"] = sum(each.calls for each in found) / asked - 1.0
    drawn = sum(each.total() for each in ways.values())
    figures["malformed_mended"] = sum(each["right"] for each in ways.values()) / drawn
    figures["malformed_mended_wrong"] = sum(each["wrong"] for each in ways.values()) / drawn
    return figures
