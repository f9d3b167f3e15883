import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem import plugins
from embodied_mem.errors import ConfigError
from embodied_mem.robots import Robot
from embodied_mem.robots.config import (
    DRIVERS,
    RobotConfig,
    build_robot,
    load_robot,
    make_driver,
    read_config,
    write_config,
)
from embodied_mem.robots.safety.config import ArmGateConfig, AxisLimits, GateConfig, ZoneConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.owners import KEYBOARD
from memory_robot import MemoryDriver

FILE = """
driver = "house"
speed = 0.3

[gate]
rate = 25
watchdog = 0.4
zones = "none"

[gate.forward]
fastest = 0.4

[options]
seed = 3
rooms = 4
simulation = { camera_hz = 5 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "robot.toml"
    path.write_text(FILE)
    return path


def test_a_file_says_all_of_a_robot(file: Path) -> None:
    config = load_robot(file)
    assert config.driver == "house"
    assert config.speed == 0.3
    assert config.gate.rate == 25.0
    assert config.gate.zones is None
    assert config.options == {"seed": 3, "rooms": 4, "simulation": {"camera_hz": 5}}
    assert load_robot(str(file)) == config


def test_a_table_changes_only_what_it_names(file: Path) -> None:
    forward, usual = load_robot(file).gate.forward, GateConfig().forward
    assert forward is not None
    assert usual is not None
    assert forward.fastest == 0.4
    assert forward.deceleration == usual.deceleration


def test_overrides_win_by_dotted_names(file: Path) -> None:
    config = load_robot(
        file,
        {"gate.watchdog": 0.3, "gate.zones": {"stop": 0.2}, "options.seed": 9, "gate.deadman": 1},
    )
    assert config.gate.watchdog == 0.3
    assert config.gate.zones == ZoneConfig(stop=0.2)
    assert config.gate.deadman == 1.0
    assert config.options["seed"] == 9
    assert config.options["rooms"] == 4


def test_a_name_is_a_driver_with_its_defaults() -> None:
    assert load_robot("house") == RobotConfig(driver="house")
    tabletop = load_robot("tabletop")
    assert tabletop.gate.rate == 100.0
    assert tabletop.gate.zones is None
    assert load_robot("tabletop", {"gate.rate": 50}).gate.rate == 50.0


ALL = RobotConfig(
    driver="dds",
    gate=GateConfig(
        turn=None,
        forward=AxisLimits(fastest=1.0, slowest=0.0, acceleration=1.0, deceleration=2.0),
        deadman=0.3,
        arm=ArmGateConfig(max_step=0.1),
        zones=None,
    ),
    joint_limits=JointLimits(
        low=(-1.0, -2.0),
        high=(1.0, 2.0),
        velocity=(1.0, 1.0),
        acceleration=(5.0, 5.0),
        reflex_acceleration=(9.0, 9.0),
        stop_acceleration=(3.0, 3.0),
        stop_jerk=(30.0, 30.0),
    ),
    options={"domain": 7, "topics": {"cmd_vel": "/base/cmd_vel"}},
)


@pytest.mark.parametrize("config", [ALL, RobotConfig(driver="house"), load_robot("tabletop")])
def test_there_and_back_is_the_identity(config: RobotConfig) -> None:
    table = write_config(config)
    assert read_config(RobotConfig, table) == config
    assert write_config(read_config(RobotConfig, table)) == table


POSITIVE = st.floats(0.001, 1e6)
AXES = st.none() | st.builds(
    AxisLimits,
    fastest=POSITIVE,
    slowest=st.floats(-1e6, 0.0),
    acceleration=POSITIVE,
    deceleration=POSITIVE,
    jerk=POSITIVE | st.just(float("inf")),
)
GATES = st.builds(
    GateConfig,
    rate=POSITIVE,
    watchdog=POSITIVE,
    forward=AXES,
    turn=AXES,
    deadman=st.none() | POSITIVE,
    stale=POSITIVE,
    frozen=POSITIVE,
    zones=st.none() | st.builds(ZoneConfig, stop=POSITIVE, min_points=st.integers(1, 99)),
    arm=st.none() | st.builds(ArmGateConfig, max_step=POSITIVE),
)


@given(GATES)
def test_every_gate_survives_being_written_and_read(gate: GateConfig) -> None:
    assert read_config(GateConfig, write_config(gate)) == gate


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"gate.watchdgo": 1.0},
            "no setting of gate is called 'watchdgo'; did you mean 'watchdog'",
        ),
        ({"gate.rate": "fast"}, "gate.rate is 'fast'; expected a number"),
        ({"gate.rate": True}, "gate.rate is True; expected a number"),
        ({"gate.rate": -1}, "gate: rate is -1.0"),
        ({"gate.forward": {"fast": 1.0}}, "no setting of gate.forward is called 'fast'"),
        (
            {"gate.zones": {"min_points": 2.5}},
            "gate.zones.min_points is 2.5; expected a whole number",
        ),
        ({"gate.zones.stop": 0.2}, "gate.zones is 'none', not a table"),
        ({"gate": 3}, "gate is 3; expected a table"),
        ({"speed": 0.0}, "speed is 0.0"),
        ({"reaction": -1.0}, "reaction is -1.0"),
        ({"driver.name": "x"}, "driver is 'house', not a table"),
        ({"joint_limits": {"low": [0.0]}}, "joint_limits.high is missing"),
        ({"joint_limits": {"low": 0.0}}, "joint_limits.low is 0.0; expected a list"),
        ({"joint_limits.low": ["a"]}, r"joint_limits.low\[0\] is 'a'; expected a number"),
        ({"options": []}, "options is .*; expected a table"),
        ({"drivr": "x"}, "no setting is called 'drivr'; did you mean 'driver'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    file: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_robot(file, change)


def test_what_is_no_robot_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'house'"):
        load_robot("hause")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_robot(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="no file"):
        load_robot(tmp_path / "nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("driver = ")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_robot(broken)
    broken.write_text("speed = 1.0")
    with pytest.raises(ConfigError, match="driver is missing"):
        load_robot(broken)
    broken.write_text("driver = 3")
    with pytest.raises(ConfigError, match="driver is 3; expected a text"):
        load_robot(broken)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    size: tuple[int, str] = (1, "a")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer:
    kind: Literal["one", "two"] = "one"
    path: Path | None = None
    names: Mapping[str, float] = field(default_factory=dict)
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    flag: bool = False
    text: str | None = "x"


def test_every_kind_of_setting_is_read() -> None:
    table = {
        "kind": "two",
        "path": "/tmp/keys",
        "names": {"a": 1},
        "inner": {"size": [2, "b"]},
        "many": [{"size": [3, "c"]}, {}],
        "flag": True,
        "text": "none",
    }
    outer = read_config(Outer, table)
    assert outer == Outer(
        kind="two",
        path=Path("/tmp/keys"),
        names={"a": 1.0},
        inner=Inner(size=(2, "b")),
        many=(Inner(size=(3, "c")), Inner()),
        flag=True,
        text="none",  # a text may well be "none"
    )
    assert read_config(Outer, write_config(outer)) == outer
    for wrong in ({"kind": "three"}, {"flag": 1}, {"many": [{"size": [1]}]}, {"names": {"a": "b"}}):
        with pytest.raises(ConfigError, match=r"expected (one of|true or false|2|a number)"):
            read_config(Outer, wrong, "options")


def test_a_robot_is_built_with_its_gate_and_owner(file: Path) -> None:
    robot = build_robot(load_robot(file), owner=KEYBOARD, patience=1.5)
    assert isinstance(robot, Robot)
    assert robot.gate.config.rate == 25.0
    assert robot.owner == KEYBOARD
    assert robot.patience == 1.5
    assert robot.info.name == "house"  # the rest of a nested table stays


def test_an_arms_limits_come_from_its_driver_unless_the_file_has_some() -> None:
    robot = build_robot(load_robot("tabletop"))
    assert robot.gate.progress.status == "none"
    assert len(robot.info.joints) == 7
    with pytest.raises(ConfigError, match="limits are for 1 joints"):
        build_robot(
            load_robot(
                "tabletop",
                {
                    f"joint_limits.{name}": [1.0]
                    for name in write_config(ALL.joint_limits)
                    if name != "low"
                }
                | {"joint_limits.low": [0.0]},
            )
        )


def test_drivers_of_other_distributions_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("mine", "test_config_plugin:make_mine", "embodied_mem.robots")
    monkeypatch.setattr(EntryPoint, "load", lambda self: lambda options: MemoryDriver())
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point])
    assert isinstance(make_driver("mine", {}), MemoryDriver)
    assert load_robot("mine").driver == "mine"


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_built_in_driver_has_its_factory(name: str) -> None:
    module, _, function = DRIVERS[name].partition(":")
    path = Path(__file__).parents[2] / f"{module.replace('.', '/')}.py"
    assert f"\ndef {function}(" in path.read_text()


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "launch" / "robots").glob("*.toml")),
    ids=lambda path: path.stem,
)
def test_every_robot_of_launch_is_read(path: Path) -> None:
    config = load_robot(path)
    assert config.driver == tomllib.loads(path.read_text())["driver"]
    assert read_config(RobotConfig, write_config(config)) == config
