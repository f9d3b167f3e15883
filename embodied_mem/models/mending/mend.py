"""Reads an answer as a type, mending what only one thing can have been meant by."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from embodied_mem.errors import MalformedOutputError
from embodied_mem.models.mending.finding import LONGEST, find_values
from embodied_mem.models.mending.fitting import Fitting
from embodied_mem.models.mending.lenient import UnreadableError, is_cut
from embodied_mem.models.mending.values import UnfitError, same

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mended(Generic[T]):
    """A value that was read from an answer."""

    value: T
    repaired: bool = False
    """Whether the text had to be changed."""


def mend(text: str, reply: type[T]) -> Mended[T]:
    """Returns what a model wrote as a value of a type.

    A text that is JSON of the type is read as it is. Else the JSON is looked for within fences
    and prose, its syntax is mended, and it is fitted to the type: names that are nearly right,
    `"3"` for 3, one value for a list of one, wrappers, comments on the side. Nothing is made up:
    a field that is missing, a value that is cut off or that could mean several things, and two
    different answers in one text are refused.

    Args:
        text: What a model wrote.
        reply: Any type that msgspec converts to.

    Raises:
        MalformedOutputError: If it cannot be read as one; the message is for the model.
    """
    problem = ""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedOutputError("the answer is no JSON: it holds half of a character") from None
    try:
        return Mended(value=msgspec.json.decode(text, type=reply))
    except msgspec.ValidationError as error:
        said = _decoded(text)
        if said is not None:
            problem = f"the JSON does not follow the schema: {error}"
        if isinstance(said, str):  # JSON within a string of JSON
            text = said
    except (msgspec.DecodeError, RecursionError):
        pass
    values: list[Any] = []
    try:
        values = find_values(text)
        return Mended(value=_fitted(values, reply), repaired=True)
    except UnreadableError as error:
        alone = _alone(text, reply)
        if alone is not None:
            return alone
        raise MalformedOutputError(problem or f"the answer is no JSON: {error}") from None
    except UnfitError as error:
        if problem:
            raise MalformedOutputError(f"{problem} ({error})") from None
        what = "answer is no JSON" if is_cut(values) else "JSON does not follow the schema"
        raise MalformedOutputError(f"the {what}: {error}") from None


def _fitted(values: list[Any], reply: type[T]) -> T:
    """Returns the one value of a type that some values can be read as."""
    kind: Any = reply
    of = _type_info(kind)
    fitting = Fitting()
    found: list[tuple[Any, T]] = []
    problems: list[UnfitError] = []
    left: list[Any] = []
    for value in values:
        try:
            fitted = fitting.fit(value, of)
            converted = msgspec.convert(fitted, reply)
        except UnfitError as error:
            problems.append(error)
            left.append(value)
        except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
            problems.append(UnfitError(str(error)))
            left.append(value)
        else:
            if not any(same(fitted, other) for other, _ in found):
                found.append((fitted, converted))
    if len(found) > 1:
        raise UnfitError("there are several different answers; write one")
    if not found:
        raise problems[0]
    for value in left:
        if is_cut(value) and not _begins(value, values):
            raise UnfitError("another answer follows, which is cut off; write one")
    return found[0][1]


def _decoded(text: str) -> Any:
    """Returns what a text holds as JSON; None where it is none.

    A validation stops at the first thing that is wrong, and tells nothing of what follows.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _begins(cut: Any, values: list[Any]) -> bool:
    """Returns whether what is cut off is the beginning of one of some values."""
    if not isinstance(cut, dict):
        return not cut
    wholes = [each for each in values if isinstance(each, dict) and not is_cut(each)]
    return any(
        all(key in whole and (is_cut(v) or same(v, whole[key])) for key, v in cut.items())
        for whole in wholes
    )


def _alone(text: str, reply: type[T]) -> Mended[T] | None:
    """Returns a choice that was written without quotes, and nothing else."""
    kind: Any = reply
    of = _type_info(kind)
    if not isinstance(of, inspect.LiteralType | inspect.EnumType) or len(text) > LONGEST:
        return None
    try:
        value = Fitting().fit(text.strip().strip("`\"'."), of)
    except UnfitError:
        return None
    return Mended(value=msgspec.convert(value, reply), repaired=True)


@lru_cache(maxsize=64)
def _type_info(reply: Any) -> inspect.Type:
    return inspect.type_info(reply)
