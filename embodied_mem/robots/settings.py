"""Nested tables, as TOML has them, to frozen dataclasses and back, with errors that help."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.files import expanded

NONE = "none"
"""How a table writes None, for which TOML has no word."""

T = TypeVar("T")


def read_config(
    cls: type[T], mapping: Mapping[str, object], where: str = "", *, base: T | None = None
) -> T:
    """Builds a dataclass from a table; what the table leaves out keeps its default.

    A nested table changes the default of its field rather than replace it as a whole, so that
    `{"gate": {"forward": {"fastest": 0.3}}}` leaves the other limits of that axis alone.

    Args:
        cls: A dataclass whose fields are numbers, texts, paths, truth values, `Literal`s, tuples,
            mappings, dataclasses, or one of these or None.
        mapping: The table; lists stand for tuples and `"none"` for None.
        where: What the table is called in messages, such as `options`.
        base: Where values come from that the table leaves out; the defaults when None.

    Raises:
        ConfigError: If a key is unknown (the nearest is named), missing or of the wrong type, or
            the dataclass itself refuses the values; the message says where.
    """
    if not isinstance(mapping, Mapping):
        raise ConfigError(f"{where or 'the configuration'} is {mapping!r}; expected a table")
    known = {field.name: field for field in fields(cast(Any, cls)) if field.init}
    for name in mapping:
        if name not in known:
            raise unknown_name(f"setting of {where}" if where else "setting", str(name), known)
    types = get_type_hints(cls)
    values: dict[str, object] = {}
    for name, field in known.items():
        before = _default(field) if base is None else getattr(base, name)
        if name in mapping:
            values[name] = _read(types[name], mapping[name], _join(where, name), before)
        elif before is not MISSING:
            values[name] = before
        else:
            raise ConfigError(f"{_join(where, name)} is missing; it has no default")
    try:
        return cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}" if where else str(error)) from None


def write_config(config: object) -> dict[str, object]:
    """Returns the table from which `read_config` builds an equal object."""
    return {
        field.name: _write(getattr(config, field.name))
        for field in fields(cast(Any, config))
        if field.init and not (getattr(config, field.name) is None and _default(field) is None)
    }


def _write(value: object) -> object:
    if value is None:
        return NONE
    if is_dataclass(value):
        return write_config(value)
    if isinstance(value, Mapping):
        return {key: _write(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _read(kind: Any, value: object, where: str, before: object) -> object:
    origin = get_origin(kind)
    if origin in (UnionType, Union):
        return _read_union(get_args(kind), value, where, before)
    if is_dataclass(kind):
        if isinstance(value, cast(type, kind)):
            return value
        base = before if isinstance(before, cast(type, kind)) else None
        return read_config(cast(type, kind), cast(Any, value), where, base=base)
    if origin is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{where} is {value!r}; expected one of {get_args(kind)}")
        return value
    if origin is tuple:
        return _read_tuple(get_args(kind), value, where)
    if origin is not None and issubclass(origin, Mapping):
        return _read_mapping(get_args(kind), value, where)
    return _read_plain(kind, value, where)


def _read_union(kinds: Sequence[Any], value: object, where: str, before: object) -> object:
    if NoneType in kinds and (value is None or (value == NONE and str not in kinds)):
        return None
    errors = []
    for kind in kinds:
        if kind is NoneType:
            continue
        try:
            return _read(kind, value, where, before)
        except ConfigError as error:
            errors.append(error)
    raise errors[0]


def _read_tuple(kinds: Sequence[Any], value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where} is {value!r}; expected a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = [kinds[0]] * len(value)
    if len(kinds) != len(value):
        raise ConfigError(f"{where} has {len(value)} entries; expected {len(kinds)}")
    pairs = zip(kinds, value, strict=True)
    return tuple(
        _read(kind, item, f"{where}[{n}]", MISSING) for n, (kind, item) in enumerate(pairs)
    )


def _read_mapping(kinds: Sequence[Any], value: object, where: str) -> dict[object, object]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {value!r}; expected a table")
    return {
        _read(kinds[0], key, where, MISSING): _read(kinds[1], item, _join(where, key), MISSING)
        for key, item in value.items()
    }


def _read_plain(kind: Any, value: object, where: str) -> object:
    if kind is object or kind is Any:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, str):
        return expanded(value)
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
        return value
    names = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
    raise ConfigError(f"{where} is {value!r}; expected {names.get(kind, kind.__name__)}")
