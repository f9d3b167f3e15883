"""What parts of an answer have in common, whatever their type."""

from typing import Any

from embodied_mem.models.mending.lenient import CutDict, CutList, UnreadableError, read_value


class UnfitError(Exception):
    """A value is not of a type, and would have to be guessed."""


def opened(value: Any, bracket: str) -> Any:
    """Returns the object or list that is written within a string, or is alone in a list."""
    if isinstance(value, str) and value.lstrip().startswith(bracket):
        text = value.strip()
        try:
            inner, end = read_value(text)
        except UnreadableError as error:
            raise UnfitError(f"what is within a string is no JSON: {error}") from None
        if end != len(text):
            raise UnfitError("something follows the JSON within a string")
        return inner
    alone = bracket == "{" and isinstance(value, list) and not isinstance(value, CutList)
    return value[0] if alone and len(value) == 1 and isinstance(value[0], dict) else value


def same(one: Any, other: Any) -> bool:
    """Returns whether two values are the same, `1` and `true` not being so."""
    return repr(one) == repr(other)


def shown(value: Any) -> str:
    """Returns a value short enough for a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def whole(value: Any) -> Any:
    """Returns a value that is not cut off.

    Raises:
        UnfitError: If it is.
    """
    if isinstance(value, CutDict | CutList):
        raise UnfitError("it is cut off")
    return value
