"""Fits a value to a type: what is written otherwise is rewritten, nothing is made up."""

import re
from collections.abc import Sequence
from typing import Any, Final, final

from msgspec import inspect

from embodied_mem.models.mending.lenient import CutDict, CutList
from embodied_mem.models.mending.objects import by_tag, fit_fields, unwrapped
from embodied_mem.models.mending.scalars import LISTS, is_of, scalar
from embodied_mem.models.mending.values import UnfitError, opened, same, shown, whole

_MOST_STEPS: Final = 100_000
"""Values that are looked at for one answer; alternatives of types can multiply."""
_OBJECTS: Final = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)


@final
class Fitting:
    """Fits values to types, at most so many for one answer."""

    def __init__(self) -> None:
        self._steps = 0

    def fit(self, value: Any, type: inspect.Type) -> Any:
        """Returns a value, changed so that it is of a type as far as its parts tell.

        Raises:
            UnfitError: If something would have to be made up.
        """
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise UnfitError("it has too many parts")
        if isinstance(type, inspect.Metadata):
            return self.fit(value, type.type)
        if isinstance(type, inspect.UnionType):
            return self._union(value, type.types)
        if isinstance(type, _OBJECTS):
            return self._object(value, type)
        if isinstance(type, inspect.DictType):
            return self._mapping(value, type)
        if isinstance(type, LISTS):
            return self._list(value, type)
        if isinstance(type, inspect.TupleType):
            return self._tuple(value, type)
        return scalar(value, type)

    def _object(self, value: Any, type: Any) -> Any:
        if getattr(type, "array_like", False):
            return whole(value)
        value = unwrapped(opened(value, "{"), type)
        if not isinstance(value, dict):
            raise UnfitError(f"expected an object, not {shown(value)}")
        return fit_fields(value, type, self.fit)

    def _mapping(self, value: Any, type: inspect.DictType) -> Any:
        value = opened(value, "{")
        if not isinstance(value, dict) or isinstance(value, CutDict):
            raise UnfitError(f"expected a whole object, not {shown(value)}")
        return {self.fit(k, type.key_type): self.fit(v, type.value_type) for k, v in value.items()}

    def _list(self, value: Any, type: Any) -> Any:
        value = opened(value, "[")
        if isinstance(value, CutList) and len(value) != type.max_length:
            raise UnfitError("a list is cut off")
        if isinstance(value, list):
            return [self.fit(each, type.item_type) for each in value]
        if value is None:
            raise UnfitError("expected a list, not null")
        return [self.fit(each, type.item_type) for each in _items(value, type.item_type)]

    def _tuple(self, value: Any, type: inspect.TupleType) -> Any:
        value = opened(value, "[")
        if not isinstance(value, list) or len(value) != len(type.item_types):
            raise UnfitError(f"expected a list of {len(type.item_types)}, not {shown(value)}")
        return [self.fit(each, of) for each, of in zip(value, type.item_types, strict=True)]

    def _union(self, value: Any, types: Sequence[inspect.Type]) -> Any:
        types = [each.type if isinstance(each, inspect.Metadata) else each for each in types]
        for type in types:
            if is_of(value, type):
                return self.fit(value, type)
        tagged = [t for t in types if isinstance(t, inspect.StructType) and t.tag_field]
        if len(tagged) > 1:
            value = opened(value, "{")
            named = by_tag(value, tagged)
            if named is not None:
                return self.fit(*named)
            if isinstance(value, dict):  # which of several things is meant is never guessed
                raise UnfitError(f"the field `{tagged[0].tag_field}` is missing")
        return self._only([(value, type) for type in types])

    def _only(self, ways: Sequence[tuple[Any, inspect.Type]]) -> Any:
        """Returns what the only way gives that gives something."""
        found: list[Any] = []
        problems: list[UnfitError] = []
        for value, type in ways:
            try:
                fitted = self.fit(value, type)
            except UnfitError as error:
                problems.append(error)
                continue
            if not any(same(fitted, each) for each in found):
                found.append(fitted)
        if len(found) > 1:
            raise UnfitError("it can be read in several ways")
        if not found:
            # Null is a way that tells nothing of what is wrong.
            raise problems[0]
        return found[0]


def _items(value: Any, type: inspect.Type) -> list[Any]:
    """Returns the items of a list that was written as one value."""
    if not isinstance(value, str) or not re.search(r"[,;\n]", value):
        return [value]
    inner = type.type if isinstance(type, inspect.Metadata) else type
    if isinstance(inner, inspect.LiteralType | inspect.EnumType):
        return [each.strip() for each in re.split(r"[,;\n]", value)]
    raise UnfitError(f"expected a list, not {shown(value)}")
