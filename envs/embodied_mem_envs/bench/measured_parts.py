"""Suites made of parts: one module a part, measured one after the other."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from embodied_mem.errors import unknown_name


class Part(Protocol):
    """Measures one part; `bench_<name>` of the module of that name."""

    def __call__(
        self, *, quick: bool, note: Callable[[str], None], out: Path | None = None
    ) -> dict[str, float]:
        """Returns figures by name; curves and pictures go into the folder `out`."""


def measure_parts(
    package: str,
    parts: Mapping[str, str],
    *,
    quick: bool,
    note: Callable[[str], None],
    only: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, float]:
    """Measures the parts of a suite one after the other.

    Args:
        package: Where the modules are, one a part.
        parts: What each measures, by the name of its module.
        quick: Sizes at which each part takes seconds.
        note: Hears what comes.
        only: Names of `parts`; all where it is empty.
        out: Folder for curves and pictures, one a part; none are written where it is None.

    Raises:
        ConfigError: If a part is unknown.
    """
    for name in only:
        if name not in parts:
            raise unknown_name("part", name, parts)
    figures: dict[str, float] = {}
    for name in only or parts:
        note(f"{name}: {parts[name]}")
        measure: Part = getattr(import_module(f"{package}.{name}"), f"bench_{name}")
        figures |= measure(quick=quick, note=note, out=None if out is None else out / name)
    return figures
