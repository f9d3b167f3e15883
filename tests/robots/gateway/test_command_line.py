"""`python -m embodied_mem.robots.gateway`, and the systemd unit that starts it."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.robots.gateway.__main__ import main

UNIT = Path(__file__).parents[3] / "launch" / "robots" / "embodied-mem-gateway.service"


def test_a_remote_endpoint_without_keys_is_refused_before_the_robot_is_touched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--config", "no such robot", "--endpoint", "tcp://0.0.0.0:5555"]) == 2
    assert "--make-keys" in capsys.readouterr().err


def test_an_unknown_robot_is_an_error_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embodied_mem.robots.gateway", "--config", "/no/such.toml"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "/no/such.toml" in done.stderr


def test_the_gateway_needs_no_more_than_a_ros_environment_has() -> None:
    code = (
        "import sys; import embodied_mem.robots.gateway.serving;"
        "import embodied_mem.robots.gateway.client;"
        "heavy = {'scipy', 'cv2', 'gymnasium', 'tyro', 'rich', 'torch', 'embodied_mem_envs'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text())
    return parser


def test_the_unit_restarts_stops_gently_and_is_confined() -> None:
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    assert int(service["TimeoutStopSec"].removesuffix("s")) >= 10
    assert service["KillSignal"] == "SIGTERM"
    assert "/etc/embodied-mem/" in service["ExecStart"]
    assert "--keys" in service["ExecStart"]
    for hardened in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictSUIDSGID"):
        assert service[hardened] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert "MemoryMax" in service


def test_the_unit_names_options_that_the_program_has() -> None:
    words = unit()["Service"]["ExecStart"].split()
    program = words.index("embodied_mem.robots.gateway")
    with pytest.raises(SystemExit) as end:
        main([*words[program + 1 :], "--help"])
    assert end.value.code == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    # The program is at another place here than on a robot.
    python = "/opt/embodied-mem/bin/python"
    text = UNIT.read_text()
    assert python in text
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(python, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert told == []
