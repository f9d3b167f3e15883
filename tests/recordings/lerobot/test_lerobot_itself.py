"""Reads a recording with LeRobot itself, in an interpreter that has it.

Such an interpreter is named by EMBODIED_MEM_LEROBOT_PYTHON; LeRobot cannot be a dependency here, as
it pins versions of torch that others here do not agree to. Made and run with:

    python3.11 -m venv v; v/bin/pip install --no-deps lerobot==0.4.4 accelerate psutil safetensors
    v/bin/pip install datasets 'huggingface-hub<0.36' av draccus==0.10.0 einops torch torchvision
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.robots.recorded import whole_millimetres
from recorded_walk import commands, record_walk, views

pytest.importorskip("pyarrow")
PYTHON = os.environ.get("EMBODIED_MEM_LEROBOT_PYTHON", "")
COUNT = 12
READ = """
import json, sys
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
root, index = sys.argv[1], int(sys.argv[2])
data = LeRobotDataset("local/walk", root=root)
item = data[index]
near = LeRobotDataset("local/walk", root=root, delta_timestamps={"action": [-0.1, 0.0, 0.1]})
last = LeRobotDataset("local/walk", root=root, episodes=[data.num_episodes - 1])
print(json.dumps({
    "length": len(data),
    "episodes": data.num_episodes,
    "fps": data.fps,
    "cameras": data.meta.camera_keys,
    "keys": sorted(item),
    "task": item["task"],
    "robot": data.meta.robot_type,
    "colour": (item["observation.images.front"] * 255).round().int().permute(1, 2, 0).tolist(),
    "depth": item["observation.images.front_depth"].int()[0].tolist(),
    "state": item["observation.state"].tolist(),
    "actions": near[index]["action"].tolist(),
    "padded": near[0]["action_is_pad"].tolist(),
    "last": last[0]["index"].item(),
    "mean": data.meta.stats["action"]["mean"].tolist(),
    "colour_std": list(data.meta.stats["observation.images.front"]["std"].shape),
}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="EMBODIED_MEM_LEROBOT_PYTHON names no interpreter")
@pytest.mark.parametrize("file_bytes", [1 << 30, 20_000])
def test_lerobot_reads_what_was_recorded(tmp_path: Path, file_bytes: int) -> None:
    record_walk(tmp_path / "walk", COUNT, file_bytes=file_bytes)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [PYTHON, "-c", READ, str(tmp_path / "walk"), "1"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    read = json.loads(done.stdout.splitlines()[-1])
    episodes = len(list((tmp_path / "walk/data/chunk-000").iterdir()))
    assert (read["length"], read["episodes"], read["fps"]) == (COUNT, episodes, 10)
    assert (read["task"], read["robot"]) == ("walk along", "walker-3")
    assert {"observation.images.front", "observation.images.front_depth"} <= set(read["cameras"])
    assert {"observation.state", "action", "pose.camera", "commands", "tick"} <= set(read["keys"])
    true = views(COUNT)[1]
    np.testing.assert_array_equal(read["colour"], true.rgb)
    np.testing.assert_array_equal(
        read["depth"], np.rint(whole_millimetres(true.depth) * 1000).astype(int)
    )
    np.testing.assert_allclose(read["state"][:2], true.T_world_body[:2, 3], rtol=1e-6)
    sent = [0.5 * command.forward for command in commands(COUNT)]
    np.testing.assert_allclose(np.array(read["actions"])[:, 0], sent[:3], rtol=1e-6)
    assert read["padded"] == [True, False, False]
    np.testing.assert_allclose(read["mean"][0], np.mean(sent), rtol=1e-5)
    assert read["colour_std"] == [3, 1, 1]
    assert (read["last"] == 0) == (episodes == 1)
