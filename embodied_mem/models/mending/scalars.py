"""Fits texts, numbers, flags and choices."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import inspect

from embodied_mem.models.mending.lenient import CutList
from embodied_mem.models.mending.names import meant
from embodied_mem.models.mending.values import UnfitError, same, shown, whole

_NUMBER: Final = re.compile(r"\s*[+-]?(?:0|[1-9]\d{0,17})(\.\d{1,17})?(?:[eE][+-]?\d{1,3})?\s*")
_NOTHINGS: Final = frozenset({"", "null", "none", "nil", "n/a", "undefined"})
LISTS: Final = (
    inspect.ListType,
    inspect.VarTupleType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.CollectionType,
)


def is_of(value: Any, type: inspect.Type) -> bool:
    """Returns whether a value is of a type as it is, without a look at its parts."""
    if isinstance(type, inspect.LiteralType):
        return any(same(value, each) for each in type.values)
    kinds: dict[Any, Callable[[Any], bool]] = {
        inspect.NoneType: lambda v: v is None,
        inspect.StrType: lambda v: isinstance(v, str),
        inspect.BoolType: lambda v: isinstance(v, bool),
        inspect.IntType: lambda v: isinstance(v, int) and not isinstance(v, bool),
        inspect.FloatType: lambda v: isinstance(v, float | int) and not isinstance(v, bool),
    }
    for kind, test in kinds.items():
        if isinstance(type, kind):
            return test(value)
    return isinstance(type, LISTS) and isinstance(value, list)


def scalar(value: Any, type: inspect.Type) -> Any:
    """Returns a value as one of a type without parts: `3` for `"3"` where a number is asked.

    Raises:
        UnfitError: If it would have to be guessed.
    """
    if is_of(value, type):
        return value
    if isinstance(value, list) and len(value) == 1 and not isinstance(value, CutList):
        value = value[0]
    if isinstance(type, inspect.NoneType):
        if isinstance(value, str) and value.strip().lower() in _NOTHINGS:
            return None
        raise UnfitError(f"expected null, not {shown(value)}")
    if isinstance(type, inspect.LiteralType):
        return _choice(value, list(type.values))
    if isinstance(type, inspect.EnumType):
        return _choice(value, [each.value for each in type.cls])
    if isinstance(type, inspect.BoolType):
        return _flag(value)
    if isinstance(type, inspect.IntType | inspect.FloatType):
        return _number(value, isinstance(type, inspect.IntType))
    if isinstance(type, inspect.StrType):
        return _text(value)
    return whole(value)


def _choice(value: Any, choices: list[Any]) -> Any:
    exact = [each for each in choices if same(value, each)]
    texts = [each for each in choices if isinstance(each, str)]
    if not exact and isinstance(value, str):
        name = meant(value, texts)
        numbers = [each for each in choices if str(each) == value.strip()]
        exact = [name] if name is not None else numbers
    if len(exact) == 1:
        return exact[0]
    raise UnfitError(f"it is {shown(value)}; expected one of {', '.join(map(str, choices))}")


def _flag(value: Any) -> bool:
    said = value.strip().lower() if isinstance(value, str) else value
    if isinstance(said, bool) or said in ("true", "false"):
        return said if isinstance(said, bool) else said == "true"
    raise UnfitError(f"expected true or false, not {shown(value)}")


def _number(value: Any, whole: bool) -> int | float:
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is None:
            raise UnfitError(f"expected a number, not {shown(value)}")
        plain = match.group(1) is None and "e" not in value.lower()
        value = int(value) if plain else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnfitError(f"expected a number, not {shown(value)}")
    if whole and value != int(value):
        raise UnfitError(f"expected a whole number, not {shown(value)}")
    return int(value) if whole else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnfitError(f"expected a text, not {shown(value)}")
