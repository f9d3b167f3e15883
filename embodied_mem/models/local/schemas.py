"""JSON schemas as a grammar takes them: narrower, and without what says nothing about a text."""

from collections.abc import Mapping
from typing import Any, Final

_REMARKS: Final = frozenset({"title", "description", "default", "examples", "discriminator"})
_BY_NAME: Final = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_AS_IT_IS: Final = frozenset({"enum", "const", "required", "oneOf", "not", "if", "then", "else"})
"""What is no schema, or would take other texts if its parts took fewer."""
_LARGEST: Final = 10**12
"""Numbers stay below it: a model that repeats a digit for ever writes no number of any use."""


def narrowed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a schema of which every text also follows the given one.

    Remarks are left out; fields that are not named are not written; numbers without bounds get
    wide ones; a reference at the top is resolved, which `llguidance` asks for where a structure
    holds itself.
    """
    plain: dict[str, Any] = _narrowed(schema, closed=True)
    for word in ("$defs", "definitions"):
        start = f"#/{word}/"
        target = plain.get("$ref", "")
        if target.startswith(start) and target.removeprefix(start) in plain.get(word, {}):
            return {**plain[word][target.removeprefix(start)], word: plain[word]}
    return plain


def _narrowed(value: Any, *, closed: bool) -> Any:
    if isinstance(value, list | tuple):
        return [_narrowed(each, closed=closed) for each in value]
    if not isinstance(value, Mapping):
        return value
    # What one of several schemas names, another one may not: none of them can be closed.
    apart = not ("allOf" in value or ("properties" in value and "anyOf" in value))
    kept: dict[str, Any] = {}
    for key, part in value.items():
        if key in _BY_NAME:
            kept[key] = {name: _narrowed(each, closed=True) for name, each in part.items()}
        elif key in _AS_IT_IS:
            kept[key] = part
        elif key in ("allOf", "anyOf"):
            kept[key] = _narrowed(part, closed=closed and apart)
        elif key not in _REMARKS:
            kept[key] = _narrowed(part, closed=True)
    if closed and apart and "properties" in kept and "patternProperties" not in kept:
        kept.setdefault("additionalProperties", False)
    if kept.get("type") in ("number", "integer"):
        _bound(kept)
    return kept


def _bound(number: dict[str, Any]) -> None:
    """Gives a number bounds on the sides on which it has none."""
    low = number.get("minimum", number.get("exclusiveMinimum"))
    high = number.get("maximum", number.get("exclusiveMaximum"))
    if low is None:
        number["minimum"] = -_LARGEST if high is None else min(-_LARGEST, int(high) - _LARGEST)
    if high is None:
        number["maximum"] = _LARGEST if low is None else max(_LARGEST, int(low) + _LARGEST)
