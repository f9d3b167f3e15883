"""What a linear reranker learned, in a file: JSON that says what its numbers belong to."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.files import write_text
from embodied_mem.memory.ranking import SIGNALS
from embodied_mem.memory.reranking.description import FEATURES

SCHEMA: Final = 1


class LinearState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of a `LinearReranker`."""

    prior: list[float]
    """Static weight of each signal."""
    map: list[list[float]]
    """By signal and feature: what is added to the weight."""
    seen: list[list[float]]
    """By feature and feature: how often both came together in answered queries, and 1 on the
    diagonal."""
    answered: int
    schema: int = SCHEMA
    signals: tuple[str, ...] = SIGNALS
    features: tuple[str, ...] = FEATURES


def write_state(path: Path, state: LinearState) -> None:
    """Writes a file, whole or not at all."""
    write_text(path, msgspec.json.format(msgspec.json.encode(state), indent=1).decode() + "\n")


def read_state(path: Path) -> LinearState:
    """Reads a file.

    Raises:
        ConfigError: If it is missing, damaged, of another version, or of other signals or features.
    """
    try:
        state = msgspec.json.decode(path.read_bytes(), type=LinearState)
    except OSError as error:
        raise ConfigError(f"no trained reranker at {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} is no trained reranker: {error}; copy it anew") from error
    if (state.schema, state.signals, state.features) != (SCHEMA, SIGNALS, FEATURES):
        raise ConfigError(
            f"{path} was trained with other signals or features of questions than these; train anew"
        )
    _check_numbers(path, state)
    return state


def _check_numbers(path: Path, state: LinearState) -> None:
    shapes = {"prior": (6,), "map": (6, len(FEATURES)), "seen": (len(FEATURES),) * 2}
    for name, shape in shapes.items():
        try:
            numbers = np.array(getattr(state, name), np.float64)
        except ValueError:  # rows of several lengths
            numbers = np.zeros(0)
        if numbers.shape != shape or not np.isfinite(numbers).all():
            raise ConfigError(f"{path}: {name} must be {shape} finite numbers; copy it anew")
    if not _sound(state):
        raise ConfigError(f"{path}: its numbers are no outcome of training; copy it anew")


def _sound(state: LinearState) -> bool:
    """Says whether no weight is negative and what was seen is a sum of squares."""
    seen = np.array(state.seen)
    positive = np.array_equal(seen, seen.T) and np.linalg.eigvalsh(seen)[0] > 0
    return bool(min(state.prior) >= 0 and max(state.prior) > 0 and positive and state.answered >= 0)
