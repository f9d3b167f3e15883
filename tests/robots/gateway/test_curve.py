"""Off this machine nobody gets in without a key, and keys that others can read are not used."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import memory_robot
from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.gateway.__main__ import main
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.gateway.keys import (
    ClientKeys,
    load_client_keys,
    load_server_keys,
    make_keys,
)
from embodied_mem.robots.gateway.replies import Welcome
from embodied_mem.robots.gateway.server import GatewayServer
from embodied_mem.robots.robot import Robot
from embodied_mem.types import Command, Intrinsics
from gateway_clients import RawClient
from memory_robot import MemoryDriver, base_info


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "robot"
    make_keys(folder)
    return folder


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def near(keys: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Robot, GatewayServer]]:
    endpoint = f"tcp://{request.param}:*"
    with Robot(MemoryDriver()) as robot, GatewayServer(robot, endpoint, keys=keys) as server:
        yield robot, server
        assert (server.broken, server.last_error) == (0, "")


def test_the_right_key_drives(keys: Path, near: tuple[Robot, GatewayServer]) -> None:
    far = make_gateway({"endpoint": near[1].endpoint, "keys": str(keys)})
    with Robot(far) as brain:
        checks = {row.name: row.found for row in brain.checks()}
        assert checks["gateway encryption"] == "CURVE"
        for _ in range(8):
            brain.act(Command(forward=0.3))
        assert brain.observe().rgb.shape == (12, 16, 3)
    assert near[1].turned_away == 0


@pytest.mark.parametrize("secured", [True, False])
def test_pictures_as_large_as_announced_arrive(
    keys: Path, secured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_robot, "CAMERA", Intrinsics.from_hfov(320, 240, 1.2))
    folder = keys if secured else None
    with (
        Robot(MemoryDriver(info=base_info())) as robot,
        GatewayServer(robot, "tcp://127.0.0.1:*", keys=folder) as server,
    ):
        options: dict[str, object] = {"endpoint": server.endpoint}
        far = make_gateway(options | ({"keys": str(keys)} if secured else {}))
        with Robot(far) as brain:
            observation = brain.observe()
    assert observation.depth.shape == (240, 320)
    assert observation.depth.nbytes == 4 * 320 * 240


def test_no_key_and_wrong_keys_get_no_word_and_stop_nothing(
    keys: Path, near: tuple[Robot, GatewayServer], tmp_path: Path
) -> None:
    make_keys(tmp_path / "other")
    right, other = load_client_keys(keys), load_client_keys(tmp_path / "other")
    stranger = ClientKeys(public=other.public, secret=other.secret, server=right.server)
    elsewhere = ClientKeys(public=right.public, secret=right.secret, server=other.server)
    for wrong in (None, stranger, elsewhere):
        with RawClient(near[1].endpoint, wrong) as client:
            assert not client.connected(0.4)
    assert near[1].turned_away >= 1  # the stranger; the others fail before anybody asks for them
    assert near[1].clients == 0
    assert not near[0].gate.latched
    with RawClient(near[1].endpoint, right) as client:
        assert isinstance(client.hello(), Welcome)


def test_a_wrong_key_is_an_error_that_says_where_to_look(
    keys: Path, near: tuple[Robot, GatewayServer], tmp_path: Path
) -> None:
    make_keys(tmp_path / "other")
    options = {"endpoint": near[1].endpoint, "keys": str(tmp_path / "other"), "handshake": 0.4}
    with pytest.raises(BodyError, match="may not fit"):
        make_gateway(options)
    with pytest.raises(BodyError, match="asks for keys"):
        make_gateway({"endpoint": near[1].endpoint, "handshake": 0.4})


def test_a_key_that_is_taken_from_the_folder_does_not_get_in(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    client = load_client_keys(tmp_path / "keys")
    make_keys(tmp_path / "new")
    allowed = tmp_path / "keys" / "clients"
    (allowed / "client.key").unlink()
    (allowed / "new.key").write_text((tmp_path / "new" / "client.key").read_text())
    with (
        Robot(MemoryDriver()) as robot,
        GatewayServer(robot, "tcp://127.0.0.1:*", keys=tmp_path / "keys") as server,
        RawClient(server.endpoint, client) as gone,
    ):
        assert not gone.connected(0.4)
        assert server.turned_away >= 1


@pytest.mark.parametrize(
    "endpoint",
    ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://192.0.2.7:5555", "tcp://[::]:*", "tcp://eth0:1"],
)
def test_other_machines_need_keys_at_both_ends(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="--make-keys"):
        GatewayServer(Robot(MemoryDriver()), endpoint)
    with pytest.raises(ConfigError, match="--make-keys"):
        make_gateway({"endpoint": endpoint})


def test_a_gateway_with_keys_may_listen_on_all_addresses(keys: Path) -> None:
    with (
        Robot(MemoryDriver()) as robot,
        GatewayServer(robot, "tcp://0.0.0.0:*", keys=keys) as server,
    ):
        port = server.endpoint.rpartition(":")[2]
        with RawClient(f"tcp://127.0.0.1:{port}", keys) as client:
            assert isinstance(client.hello(), Welcome)


def test_secrets_are_written_for_their_owner_only_and_refused_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert main(["--make-keys", str(folder)]) == 0
    for name in ("server.key_secret", "client.key_secret"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(ConfigError, match="holds keys already"):
        make_keys(folder)
    for name, load in (("server", load_server_keys), ("client", load_client_keys)):
        secret = folder / f"{name}.key_secret"
        secret.chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            load(folder)
        secret.chmod(0o600)
        load(folder)


def test_keys_that_are_missing_or_damaged_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--make-keys"):
        load_server_keys(tmp_path)
    folder = tmp_path / "keys"
    make_keys(folder)
    (folder / "clients" / "client.key").unlink()
    with pytest.raises(ConfigError, match="nobody could connect"):
        load_server_keys(folder)
    (folder / "server.key").write_text('curve\n    public-key = "short"\n')
    with pytest.raises(ConfigError, match="damaged"):
        load_client_keys(folder)


def test_keys_are_never_shown(keys: Path) -> None:
    both = (load_server_keys(keys), load_client_keys(keys))
    assert all(one.secret.decode() not in repr(one) for one in both)


def test_a_socket_file_is_for_its_owner_only(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path / 'gateway'}"
    with Robot(MemoryDriver()) as robot, GatewayServer(robot, endpoint):
        assert stat.S_IMODE((tmp_path / "gateway").stat().st_mode) == 0o600
        far = make_gateway({"endpoint": endpoint})
        with Robot(far) as brain:
            brain.send(Command(forward=0.1))
            time.sleep(0.1)
