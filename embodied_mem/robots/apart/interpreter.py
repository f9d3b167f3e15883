"""Another Python than this one: where it is, and the environment in which it finds our package."""

import os
from collections.abc import Mapping
from pathlib import Path

import embodied_mem
from embodied_mem.errors import BodyError

_MISLEADING = ("PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


def find_interpreter(named: str, variable: str, venv: Path) -> Path | None:
    """Finds the Python of another environment; None where there is none.

    Args:
        named: The one asked for by the option `python`; empty looks further.
        variable: The environment variable that names it otherwise.
        venv: Where it is otherwise, from the working directory or from the package's.

    Raises:
        BodyError: If the one asked for cannot be run.
    """
    for asked, source in ((named, "the option `python`"), (os.environ.get(variable, ""), variable)):
        if asked:
            if not os.access(asked, os.X_OK):
                raise BodyError(f"{source} names {asked}, which is no program that can be run")
            return Path(asked)
    for folder in (Path.cwd(), Path(embodied_mem.__file__).parents[1]):
        if os.access(folder / venv, os.X_OK):
            return folder / venv
    return None


def lay_package(folder: Path) -> Path:
    """Links `embodied_mem` into an empty folder for `PYTHONPATH` and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "embodied_mem"
    if not link.exists():
        link.symlink_to(Path(embodied_mem.__file__).parent.resolve(), target_is_directory=True)
    return folder


def variables_apart(packages: Path, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns environment variables that keep this interpreter's packages from the other one.

    Args:
        packages: A folder that holds `embodied_mem` and nothing else.
        inherited: What the process would inherit; this one's by default.
    """
    variables = dict(os.environ if inherited is None else inherited)
    for name in _MISLEADING:
        variables.pop(name, None)
    variables["PYTHONPATH"] = str(packages)
    return variables
