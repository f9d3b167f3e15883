"""A well-formed answer that is about to be made malformed."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np

T = TypeVar("T")
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a model would have written, were it not for its slips."""

    text: str
    value: Any
    """What the text holds."""
    choices: frozenset[str] = frozenset()
    """Texts of which the schema asks for one of several."""
    rng: np.random.Generator

    def pick(self, items: list[T]) -> T | None:
        """Returns one of some items by chance; None where there is none."""
        return items[int(self.rng.integers(len(items)))] if items else None

    def leaf(self, fits: Callable[[Path, Any], bool]) -> tuple[Path, Any] | None:
        """Returns a value without parts that fits, and where it is."""
        return self.pick([(path, each) for path, each in _parts(self.value) if fits(path, each)])

    def field(self, fits: Callable[[str, Any], bool] = lambda key, value: True) -> Path | None:
        """Returns where one of the fields is."""
        paths = [path for path, _ in _parts(self.value, inner=True) if path]
        fields = [path for path in paths if isinstance(path[-1], str)]
        return self.pick([p for p in fields if fits(str(p[-1]), at(self.value, p))])

    def with_part(self, path: Path, part: Any) -> str:
        """Returns the text with another part."""
        if not path:
            return json.dumps(part)
        value = deepcopy(self.value)
        at(value, path[:-1])[path[-1]] = part
        return json.dumps(value)


def at(value: Any, path: Path) -> Any:
    """Returns the part of a value at a place."""
    for key in path:
        value = value[key]
    return value


def _parts(value: Any, path: Path = (), *, inner: bool = False) -> Iterator[tuple[Path, Any]]:
    """Gives what has no parts, with `inner` all else as well."""
    if isinstance(value, dict | list):
        if inner or not value:
            yield path, value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            yield from _parts(each, (*path, key), inner=inner)
    else:
        yield path, value
