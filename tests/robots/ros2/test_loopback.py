"""Nothing leaves the machine: asserted where a second interface exists, by what was sent on it."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ros_env import ros_options, ros_python, ros_variables

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
DOMAIN = 42
"""Every network namespace has domains of its own."""
TALK = """
import rclpy, time
from std_msgs.msg import Bool
rclpy.init()
node = rclpy.create_node("talker")
publisher = node.create_publisher(Bool, "e_stop", 10)
time.sleep(4.0)
publisher.publish(Bool())
node.destroy_node()
rclpy.shutdown()
"""


@cache
def unshare() -> tuple[tuple[str, ...], str]:
    """Returns how a command gets a network of its own, or why it cannot."""
    why = ""
    for way in (("unshare", "-n"), ("unshare", "-r", "-n")):
        setup = "ip link set lo up && ip link add a0 type veth peer name a1"
        try:
            tried = subprocess.run([*way, "sh", "-c", setup], capture_output=True, text=True)
        except FileNotFoundError as error:
            return (), f"no network namespaces here: {error}"
        if tried.returncode == 0:
            return way, ""
        why = tried.stderr.strip()
    return (), f"no network namespaces here: {why}"


def isolated(*programs):
    """Runs programs side by side with a second interface.

    Args:
        programs: argv and environment variables of each.

    Returns:
        What was sent on the second interface, exit statuses and outputs.
    """
    way, why = unshare()
    if why:
        pytest.skip(why)
    ran = subprocess.run(
        [*way, sys.executable, str(HERE / "second_interface.py")],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=REPOSITORY,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def peer_robot():
    options = ["--seed", "7", "--rooms", "3", "--domain", str(DOMAIN)]
    return [[sys.executable, "-m", "embodied_mem_envs.robot_peer", *options], {}]


@pytest.mark.parametrize("driver", ["ros2", "dds"])
def test_a_robot_is_driven_on_loopback_and_nothing_is_sent_elsewhere(driver):
    options = ros_options(DOMAIN)
    if driver == "ros2":
        options["python"] = str(ros_python())
    command = [sys.executable, str(HERE / "drive_a_bit.py")]
    brain = [[*command, json.dumps({"driver": driver, "options": options})], {}]
    ran = isolated(peer_robot(), brain)
    assert ran["status"][1] == 0, ran["output"]
    told = json.loads(ran["output"][1].splitlines()[-1])
    assert told["errors"] == []
    assert told["turn"] == pytest.approx(0.5, abs=0.35)
    assert told["picture"] == [120, 160, 3]
    assert ran["sent"] == {}


def test_what_is_sent_elsewhere_would_be_seen(tmp_path):
    # The proof above is worth something only if its tap hears rclpy when it may talk to a subnet.
    variables = ros_variables(tmp_path, DOMAIN, discovery="SUBNET")
    ran = isolated([[str(ros_python()), "-c", TALK], dict(variables)])
    assert ran["status"] == [0], ran["output"]
    assert any("239.255.0.1" in kind for kind in ran["sent"]), ran["sent"]


def test_what_cyclone_sends_elsewhere_would_be_seen():
    talk = (
        "import time; from embodied_mem.robots.dds.participant import *; "
        "link = DdsLink(DdsNetwork(interface='cable0', peers=('10.77.0.9',))); "
        "time.sleep(1.0); link.close()"
    )
    ran = isolated([[sys.executable, "-c", talk], {}])
    assert ran["status"] == [0], ran["output"]
    assert ran["sent"]
