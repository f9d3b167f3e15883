"""The comparison that users run with the real Habitat-Sim, here in small with its stand-in."""

import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.habitat.agreement import AgreementConfig, measure_agreement
from habitat_rig import options, stand_in

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "habitat_agreement.py"


SMALL = {"houses": 1, "first_seed": 11, "rooms": 3, "poses": 10, "side": 32}


def test_pictures_agree_and_steps_are_counted():
    config = AgreementConfig(**SMALL, questions=0, steps=60, options=options())
    metrics = measure_agreement(config, note=lambda _: None)
    assert metrics["habitat_depth_error_mm"] < 1.0
    assert metrics["habitat_ids_equal"] >= 0.995
    assert metrics["habitat_lost_workers"] == 0 and metrics["habitat_steps"] == 60
    assert metrics["habitat_steps_per_s"] > 0 and metrics["habitat_near_cpu_ms"] > 0


@pytest.mark.slow
def test_memories_of_either_answer_alike():
    config = AgreementConfig(**SMALL, questions=20, steps=0, options=options())
    metrics = measure_agreement(config, note=lambda _: None)
    assert metrics["house_answers"] > 0.5
    assert abs(metrics["habitat_answers"] - metrics["house_answers"]) <= 0.1


def test_the_script_says_what_is_missing_and_what_it_measured(tmp_path):
    command = [sys.executable, str(SCRIPT), "--houses=1", "--first-seed=11", "--rooms=3"]
    command += ["--poses=3", "--questions=0", "--steps=0", f"--json={tmp_path / 'out.json'}"]
    plain = {"PATH": "/usr/bin:/bin"}
    failed = subprocess.run(command, capture_output=True, text=True, env=plain, check=False)
    assert failed.returncode == 1 and "EMBODIED_MEM_HABITAT_PYTHON" in failed.stderr
    given = {**plain, **stand_in(EMBODIED_MEM_HABITAT_PYTHON=sys.executable)}
    done = subprocess.run(command, capture_output=True, text=True, env=given, check=False)
    assert done.returncode == 0, done.stderr
    assert "habitat_ids_equal            1" in done.stdout
    assert (tmp_path / "out.json").exists()


def test_there_must_be_something_to_compare():
    with pytest.raises(ConfigError, match="poses=0"):
        AgreementConfig(poses=0)
