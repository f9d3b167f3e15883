"""Tensors within what goes into a stage and comes out of it: tuples and dataclasses of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor

_Builder = Callable[[Iterator[Tensor]], Any]


def tensors_in(value: Any) -> list[Tensor]:
    """Returns the tensors of a value in order, those in tuples, lists and dataclasses, too."""
    if isinstance(value, Tensor):
        return [value]
    return [tensor for part in _parts(value).values() for tensor in tensors_in(part)]


def of_tensors(stage: Callable[..., Any], inputs: Sequence[Any]) -> Callable[..., Any]:
    """Returns a function that does what a stage does, and takes the tensors of its inputs alone.

    It holds none of them itself.
    """
    builders = [_builder(value) for value in inputs]

    def call(*tensors: Tensor) -> Any:
        given = iter(tensors)
        return stage(*(build(given) for build in builders))

    return call


def _builder(value: Any) -> _Builder:
    """Returns what makes a value anew of other tensors."""
    if isinstance(value, Tensor):
        return next
    kind, parts = type(value), {name: _builder(part) for name, part in _parts(value).items()}
    if isinstance(value, tuple | list):
        return lambda tensors: kind(build(tensors) for build in parts.values())
    if _is_record(value):
        return lambda tensors: kind(**{name: build(tensors) for name, build in parts.items()})
    return lambda _: value


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, tuple | list):
        return {str(number): part for number, part in enumerate(value)}
    if not _is_record(value):
        return {}
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)
