"""Names, namespaces and what a robot is, before it is connected."""

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.robots.ros.mount import CameraMount
from embodied_mem.robots.ros.options import ros_config
from embodied_mem.robots.ros.topics import QosProfile, RosConfig, robot_info


def test_names_are_put_into_the_namespace_unless_they_begin_with_a_slash():
    config = RosConfig(
        namespace="/fleet/r1/", topics={"cmd_vel": "base/cmd", "e_stop": "/all/e_stop"}
    )
    assert config.topic("cmd_vel") == "/fleet/r1/base/cmd"
    assert config.topic("e_stop") == "/all/e_stop"
    assert config.topic("odom") == "/fleet/r1/odom"


def test_compressed_topics_have_their_transport_at_the_end():
    config = RosConfig(compressed=True, compressed_depth=True, topics={"color": "/cam/rgb"})
    assert config.topic("color") == "/cam/rgb/compressed"
    assert config.topic("depth") == "/camera/depth/image_raw/compressedDepth"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"topics": {"cmd_vell": "a"}}, "cmd_vel"),
        ({"topics": {"cmd_vel": "a b"}}, "name"),
        ({"namespace": "1st"}, "name"),
        ({"qos": {"odm": QosProfile()}}, "odom"),
        ({"required": ("dept",)}, "depth"),
        ({"rates": {"colour": 10.0}}, "color"),
        ({"arm": "panda"}, "joints"),
        ({"joints": ("a",)}, "arm"),
        ({"arm": "panda", "joints": ("a", "a")}, "joints"),
        ({"domain": 231}, "domain"),
        ({"width": 0}, "width"),
        ({"seconds_per_tick": float("nan")}, "seconds_per_tick"),
    ],
)
def test_a_wrong_setting_is_told(wrong, said):
    with pytest.raises(ConfigError, match=said):
        RosConfig(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"reliability": "best"}, {"durability": "latched"}, {"depth": 0}, {"deadline": 0.0}]
)
def test_a_wrong_quality_is_told(wrong):
    with pytest.raises(ConfigError):
        QosProfile(**wrong)


def test_what_a_robot_needs_follows_from_what_it_has():
    base = robot_info(RosConfig())
    assert base.required == ("odom", "color", "depth")
    assert set(base.action_features) == {"forward", "turn"}
    assert not base.follows_trajectories
    arm = robot_info(RosConfig(base=False, pictures=False, arm="panda", joints=("a", "b")))
    assert arm.required == ("joints",)
    assert arm.action_features["joints"].shape == (2,)
    assert arm.follows_trajectories
    assert robot_info(RosConfig(required=("odom",))).required == ("odom",)


def test_a_table_of_a_file_is_read():
    config = ros_config(
        {
            "namespace": "r1",
            "joints": ["a", "b"],
            "arm": "panda",
            "camera": {"z": 0.4, "tilt": -0.2},
            "qos": {"depth": {"reliability": "best_effort", "deadline": 0.5}},
            "rates": {"odom": 50},
            "required": ["odom"],
        }
    )
    assert config.joints == ("a", "b")
    assert config.camera == CameraMount(z=0.4, tilt=-0.2)
    assert config.quality("depth") == QosProfile(reliability="best_effort", deadline=0.5)
    assert config.needed == ("odom",)


def test_a_stop_stays_latched_where_only_its_depth_is_set():
    stop = ros_config({"qos": {"e_stop": {"depth": 7}}}).quality("e_stop")
    assert stop == QosProfile(durability="transient_local", depth=7)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"namspace": "r1"}, "did you mean 'namespace'"),
        ({"camera": {"pitch": 0.2}}, "camera"),
        ({"qos": {"depth": {"relability": "reliable"}}}, "did you mean 'reliability'"),
        ({"qos": {"depth": "reliable"}}, "expected a table"),
        ({"domain": "three"}, "domain"),
        ({"stamped": 1}, "stamped"),
        ({"camera": 3}, "expected a table"),
    ],
)
def test_a_wrong_table_is_told(table, said):
    with pytest.raises(ConfigError, match=said):
        ros_config(table)
