"""What is said where there is no cluster, and who may reach one."""

import pytest

from embodied_mem.cli import main
from embodied_mem.errors import ConfigError, MissingExtraError
from embodied_mem_envs.scale import cluster as clusters
from embodied_mem_envs.scale import register_with_rllib


@pytest.mark.parametrize(
    ("address", "words"),
    [("nowhere", "none of auto, local"), ("127.0.0.1:9", "nothing answers at 127.0.0.1:9")],
)
def test_an_address_without_a_cluster_is_told(address, words):
    with pytest.raises(ConfigError, match=words), clusters.joined(address):
        pass


def test_the_running_cluster_is_looked_for_where_the_environment_says(monkeypatch, capsys):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    assert main(["train", "--ray", "auto", "--population", "2"]) == 1
    assert "nothing answers at 127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(("missing", "feature"), [("ray", "Ray"), ("tree", "RLlib")])
def test_a_missing_extra_is_named(monkeypatch, missing, feature):
    from embodied_mem_envs.scale import extra

    found = extra.find_spec
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(MissingExtraError, match=rf"{feature} needs .*embodied_mem\[ray\]"):
        if missing == "ray":
            with clusters.joined("local"):
                pass
        register_with_rllib()
