"""Joining a domain: several in one process, never with other settings, and let go of at the end."""

import pytest

from embodied_mem.errors import BodyError, ConfigError
from peer import own_domain

pytest.importorskip("cyclonedds")

from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork


def test_several_in_one_process_share_a_domain():
    with own_domain() as domain:
        with DdsLink(DdsNetwork(domain=domain)) as one, DdsLink(DdsNetwork(domain=domain)) as two:
            assert one.participant.guid != two.participant.guid
            with pytest.raises(ConfigError, match="other settings"):
                DdsLink(DdsNetwork(domain=domain, lease=9.0))
        with DdsLink(DdsNetwork(domain=domain, lease=9.0)) as again:
            again.close()
            again.close()


def test_a_network_that_does_not_exist_is_told(capfd):
    with own_domain() as domain, pytest.raises(BodyError, match="nowhere0"):
        DdsLink(DdsNetwork(domain=domain, interface="nowhere0"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": -1},
        {"domain": 231},
        {"lease": 0.1},
        {"interface": ""},
        {"interface": 'lo"/><x a="'},
        {"peers": ("<",)},
    ],
)
def test_wrong_settings_are_told(wrong):
    with pytest.raises(ConfigError):
        DdsNetwork(**wrong)
