"""Slips of form: it is JSON, but not what the schema asks for.

Wrong names of functions and arguments, wrong types and missing ones are error patterns of ToolScan
(Kokane et al. 2024, arXiv 2411.13547: IFN, IAN, IAT, IAV); what is put around an answer is what
the protocols of function calling put there.
"""

import json
from typing import Any, Final

from embodied_mem.testing.garbling.answer import Answer, Path, at

CALLED: Final = ("tool", "skill")
"""Fields that say what is called."""
_OTHERS: Final = ("find_object", "search_memory", "get_info", "grab", "memory_lookup")
_ASIDES: Final = ("reasoning", "explanation", "confidence", "note", "location", "priority")


def wrong_type(answer: Answer) -> str | None:
    """A number as text, a text in a list, a list as one value, true as text."""
    found = answer.leaf(lambda _, each: not isinstance(each, dict | list))
    path = answer.field(lambda _, each: isinstance(each, list) and len(each) > 0)
    if path is not None and (found is None or answer.rng.random() < 0.5):
        items = at(answer.value, path)
        joined = ", ".join(map(str, items))
        return answer.with_part(
            path, answer.pick([items[0] if len(items) == 1 else joined, joined])
        )
    if found is None:
        return None
    path, leaf = found
    return answer.with_part(path, _of_other_type(answer, leaf))


def _of_other_type(answer: Answer, leaf: Any) -> Any:
    if isinstance(leaf, bool):
        return answer.pick([str(leaf), str(leaf).lower(), "yes" if leaf else "no", int(leaf)])
    if leaf is None:
        return answer.pick(["null", "None", "", "N/A", []])
    if isinstance(leaf, int | float):
        return answer.pick([str(leaf), f"{leaf} m", [leaf], f"about {leaf}", {"value": leaf}])
    return answer.pick([[leaf], {"name": leaf}, [leaf, leaf + "s"], {"value": leaf}])


def wrong_choice(answer: Answer) -> str | None:
    """One of several values that can be chosen, misspelt, or one that cannot."""
    found = answer.leaf(lambda path, each: _is_choice(answer, path, each))
    if found is None:
        return None
    path, leaf = found
    return answer.with_part(path, _other_name(answer, leaf, ("other", "default", "picture")))


def wrong_tool(answer: Answer) -> str | None:
    """A tool or skill that is not there, or not so called."""
    found = answer.leaf(lambda path, each: bool(path) and path[-1] in CALLED)
    if found is None:
        return None
    path, leaf = found
    return answer.with_part(path, _other_name(answer, leaf, _OTHERS))


def _is_choice(answer: Answer, path: Path, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf in answer.choices and path[-1] not in CALLED


def _other_name(answer: Answer, name: str, others: tuple[str, ...]) -> str | None:
    first, *rest = name.split("_")
    at_letter = int(answer.rng.integers(1, max(len(name), 2)))
    return answer.pick(
        [
            name.upper(),
            first + "".join(each.title() for each in rest) if rest else name.title(),
            name.replace("_", "-") if rest else f"{name}s",
            f"functions.{name}",
            name[:at_letter] + name[at_letter + 1 :],
            f"{name}_now",
            *others,
        ]
    )


def renamed(answer: Answer) -> str | None:
    """A field is called otherwise."""
    path = answer.field()
    if path is None:
        return None
    name = str(path[-1])
    first, *rest = name.split("_")
    camel = first + "".join(each.title() for each in rest) if rest else name.title()
    other = answer.pick(
        [camel, name.upper(), f"{name}s", f"{name}_name", "item", "object", "params", name[:-1]]
    )
    return _with_names(answer, path, {name: str(other)})


def missing(answer: Answer) -> str | None:
    """A field is left out."""
    path = answer.field()
    return None if path is None else _with_names(answer, path, {str(path[-1]): None})


def extra(answer: Answer) -> str | None:
    """There is a field beside those that are asked for."""
    holder = answer.field(lambda _, each: isinstance(each, dict)) or ()
    value = dict(at(answer.value, holder))
    name = answer.pick(list(_ASIDES))
    value[str(name)] = answer.pick(["because it was asked", 0.9, "kitchen", None])
    return answer.with_part(holder, value)


def wrapped(answer: Answer) -> str | None:
    """Something is put around it, as function calls come from a server."""
    value = answer.value
    around: list[Any] = [
        {"answer": value},
        {"response": value, "confidence": 0.95},
        [value],
        {"properties": value},
        json.dumps(value),
    ]
    if isinstance(value, dict) and set(value) == {"tool", "arguments"}:
        name, arguments = value["tool"], value["arguments"]
        function = {"name": name, "arguments": json.dumps(arguments)}
        around += [
            {"tool_calls": [{"id": "call_0", "type": "function", "function": function}]},
            function,
            {"name": name, "parameters": arguments},
            {name: arguments},
            {"tool": name, **arguments},
            {"tool": name, "arguments": json.dumps(arguments)},
        ]
    return json.dumps(answer.pick(around))


def _with_names(answer: Answer, path: tuple[str | int, ...], names: dict[str, str | None]) -> str:
    """Returns the text with fields of one object renamed, or left out."""
    value = at(answer.value, path[:-1])
    renamed = {names.get(k, k): v for k, v in value.items() if names.get(k, k) is not None}
    return answer.with_part(path[:-1], renamed)
