"""Reads an answer as a type; thin: a fence around the JSON is taken off."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from embodied_mem.errors import MalformedOutputError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mended(Generic[T]):
    """A value that was read from an answer."""

    value: T
    repaired: bool = False
    """Whether the text had to be changed."""


def mend(text: str, reply: type[T]) -> Mended[T]:
    """Returns what a model wrote as a value of a type.

    Raises:
        MalformedOutputError: If it cannot be read as one.
    """
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", text, re.DOTALL)
    try:
        value = msgspec.json.decode(fenced.group(1) if fenced else text, type=reply)
    except msgspec.ValidationError as error:
        raise MalformedOutputError(f"the JSON does not follow the schema: {error}") from None
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise MalformedOutputError(f"the answer is no JSON: {error}") from None
    except RecursionError:
        raise MalformedOutputError("the JSON is nested too deeply") from None
    return Mended(value=value, repaired=fenced is not None)
