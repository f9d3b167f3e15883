"""Whether any text at all can crash the grammar of conditions."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.functions import FUNCTIONS, Function
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.errors import ConditionError

_PROGRAMS, _PROGRAMS_QUICK = 10_000, 1_000
_IDS: Final = ("mug", "red_block", "left_drawer", "tray", "lane", "nobody")
_PIECES: Final = (
    *("and", "or", "not", "true", "false", "(", ")", ",", "<", "<=", ">", ">=", "==", "!=", "="),
    *("0", "-1.5", "1e999", ".5", '"red"', "'", '"', "mug", "nobody", "_", "__import__", "lambda"),
    *(
        "\u00e9",
        "\u2603",
        "\0",
        "\n",
        "  ",
        ";",
        "{",
        "}",
        "@",
        "0x1f",
        "1_000",
        "é(",
        "\U0001f600",
    ),
)


def bench_grammar(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Reads and evaluates programs that follow the grammar, and as many that nearly do or do not.

    A crash is any exception but `ConditionError`, a refusal whose position lies outside the text,
    a program that follows the grammar and is refused, or one that is printed as text that means
    something else.

    Returns:
        `plan_grammar_crashes`, and beside it `plan_grammar_programs` and `plan_grammar_refused`.
    """
    count = _PROGRAMS_QUICK if quick else _PROGRAMS
    note(f"plan grammar: {count} programs")
    rng = np.random.default_rng([5, 17])
    states = [random_state(rng) for _ in range(4)]
    crashes = refused = 0
    for index in range(count):
        valid = _truth(rng, 4)
        text, sound = (valid, True) if index % 4 == 0 else (_spoilt(rng, valid, index % 4), False)
        outcome = try_program(text, states[index % len(states)])
        refused += outcome == "refused"
        crashes += outcome == "crashed" or (sound and outcome == "refused")
    return {
        "plan_grammar_crashes": float(crashes),
        "plan_grammar_programs": float(count),
        "plan_grammar_refused": float(refused),
    }


def try_program(text: str, state: State) -> str:
    """Reads, evaluates and prints one text; returns `sound`, `refused` or `crashed`."""
    try:
        condition = parse_condition(text)
        condition.evaluate(state)
        return "sound" if parse_condition(str(condition)) == condition else "crashed"
    except ConditionError as error:
        return "refused" if 0 <= error.position <= len(text) else "crashed"
    except Exception:  # counting whatever may come is what this is for
        return "crashed"


def random_state(rng: np.random.Generator) -> State:
    """Returns a state with some of the entities that the programs speak of, and one without."""
    kinds = {"left_drawer": "drawer", "tray": "tray", "lane": "zone"}
    entities = {
        name: Entity(
            id=name,
            kind=kinds.get(name, "object"),  # type: ignore[arg-type]
            category=name,
            position=rng.normal(size=3),
            size=rng.uniform(0.0, 0.2, 3),
            opened=float(rng.uniform()),
            visible=bool(rng.integers(2)),
        )
        for name in _IDS[:-1]
        if rng.random() < 0.8
    }
    hand = Hand(position=rng.normal(size=3), yaw=0.0, opening=0.04, grip=1.0, contact=0.0)
    return State(
        tick=100,
        seconds=0.5,
        entities=entities,
        hand=hand if rng.random() < 0.7 else None,
        readings={"battery": 0.5},
    )


def _truth(rng: np.random.Generator, depth: int) -> str:
    """Derives something that the grammar allows and that gives a truth."""
    choice = int(rng.integers(6)) if depth else int(rng.integers(3, 6))
    if choice == 0:
        return f"({_truth(rng, depth - 1)})"
    if choice == 1:
        return f"not ({_truth(rng, depth - 1)})"
    if choice == 2:
        word = _pick(rng, (" and ", " or "))
        return word.join(f"({_truth(rng, depth - 1)})" for _ in range(int(rng.integers(2, 4))))
    if choice == 3:
        return f"{_number(rng)} {_pick(rng, ('<', '<=', '>', '>=', '==', '!='))} {_number(rng)}"
    return _call(rng, "truth")


def _number(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        return f"{rng.normal():.3g}"
    return _call(rng, "number")


def _call(rng: np.random.Generator, type: str) -> str:
    functions = [function for function in FUNCTIONS.values() if function.type == type]
    function = functions[int(rng.integers(len(functions)))]
    return f"{function.name}({', '.join(_arguments(rng, function))})"


def _arguments(rng: np.random.Generator, function: Function) -> list[str]:
    written = []
    for parameter in function.parameters:
        if not parameter.required and rng.random() < 0.5:
            continue
        value = _value(rng, parameter.type)
        written.append(value if parameter.required else f"{parameter.name}={value}")
    return written


def _value(rng: np.random.Generator, type: str) -> str:
    if type == "entity":
        return _pick(rng, _IDS)
    return {"number": f"{rng.normal():.3g}", "text": '"red"'}.get(type, "true")


def _spoilt(rng: np.random.Generator, text: str, how: int) -> str:
    """Returns a text that is cut, has pieces put in or taken out, or is made of pieces alone."""
    if how == 1:
        start, end = sorted(rng.integers(0, len(text) + 1, 2).tolist())
        return text[:start] + text[end:]
    if how == 2:
        for _ in range(int(rng.integers(1, 5))):
            at = int(rng.integers(len(text) + 1))
            text = text[:at] + _pick(rng, _PIECES) + text[at:]
        return text
    pieces = [*_PIECES, *FUNCTIONS]
    chosen = [_pick(rng, pieces) for _ in range(int(rng.integers(0, 40)))]
    nested = "(" * int(rng.integers(60)) if rng.random() < 0.2 else ""
    return nested + _pick(rng, ("", " ")).join(chosen)


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
