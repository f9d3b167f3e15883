"""Nothing but the gate can make what drivers send, and nothing but `Robot` has a driver write."""

import re
from pathlib import Path

import embodied_mem
import embodied_mem_envs

ROOTS = [Path(package.__path__[0]) for package in (embodied_mem, embodied_mem_envs)]
SAFETY = ROOTS[0] / "robots" / "safety"


def sources() -> dict[Path, str]:
    return {path: path.read_text() for root in ROOTS for path in root.rglob("*.py")}


def test_only_the_gate_uses_the_stamp() -> None:
    users = {path for path, text in sources().items() if "GATE_STAMP" in text}
    assert users == {SAFETY / "gate.py", SAFETY / "gated.py"}


def test_nobody_else_makes_a_stamp_or_goes_around_the_constructors() -> None:
    patterns = (r"\bStamp\(\)", r"(GatedCommand|GatedTrajectory)\.__new__", r"__new__\(Gated")
    users = {path for path, text in sources().items() for each in patterns if re.search(each, text)}
    assert users == {SAFETY / "gated.py"}


def test_only_the_gate_makes_gated_objects() -> None:
    makes = re.compile(r"(?<!class )\b(GatedCommand|GatedTrajectory)\(")
    assert {path for path, text in sources().items() if makes.search(text)} == {SAFETY / "gate.py"}


def test_every_row_of_the_table_is_there() -> None:
    from embodied_mem.robots.safety import gate

    rows = re.findall(r"^\| (\d+) \|", gate.__doc__ or "", re.MULTILINE)
    assert sorted(set(map(int, rows))) == list(range(1, 15))
