"""What `launch/ray` tells machines, as far as it can be checked without any."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

LAUNCH = Path(__file__).parents[3] / "launch" / "ray"


@pytest.mark.parametrize("name", ["on-premise", "aws"])
def test_ray_takes_the_description_of_the_machines(name):
    from ray.autoscaler._private.util import prepare_config, validate_config

    described = yaml.safe_load((LAUNCH / f"{name}.yaml").read_text(encoding="utf-8"))
    validate_config(prepare_config(described))
    starts = described["head_start_ray_commands"] + described["worker_start_ray_commands"]
    assert sum("launch/ray/node.sh" in command for command in starts) == 2
    assert all("RAY_AUTH_TOKEN_PATH" in each for each in starts if "node.sh" in each)


def run_node(*arguments, **environment):
    command = ["bash", str(LAUNCH / "node.sh"), *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=20
    )


def test_no_machine_is_started_without_a_token(tmp_path):
    done = run_node("head", RAY_AUTH_TOKEN_PATH=str(tmp_path / "token"))
    assert done.returncode == 1 and "there is no token" in done.stderr


def test_a_machine_is_told_its_role(tmp_path):
    (tmp_path / "token").write_text("0" * 64)
    (tmp_path / "bin").mkdir()
    ray = tmp_path / "bin" / "ray"  # stands for Ray: starting a real node takes ten seconds
    ray.write_text('#!/bin/sh\necho "$RAY_AUTH_MODE $@"\n')
    ray.chmod(0o755)
    told = {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token"), "EMBODIED_MEM_VENV": str(tmp_path)}
    head = run_node("head", **told, RAY_NODE_ADDRESS="10.0.0.1", RAY_NODE_CPUS="3").stdout
    assert head.startswith("token start --head --port 6379 --include-dashboard false")
    assert "--block --node-ip-address 10.0.0.1 --num-cpus 3" in head
    worker = run_node("worker", "10.0.0.1:6379", **told, RAY_NODE_DETACHED="1").stdout
    assert worker == "token start --address 10.0.0.1:6379 --disable-usage-stats\n"
    for wrong in (("worker",), ("both",)):
        assert run_node(*wrong, **told).returncode == 2
