"""Joining a DDS domain on one network interface, without multicast."""

import threading
from dataclasses import dataclass
from typing import Any, Self, final

from embodied_mem.errors import BodyError, ConfigError, MissingExtraError

_SEND_BUFFER = "208KiB"
"""As much as Linux queues for a neighbour that does not answer (`unres_qlen_bytes`). With Cyclone's
64 KiB a pulled cable fills the socket, and every write then blocks for three seconds with the
interpreter's lock held: the whole process would stand still."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DdsNetwork:
    """Where DDS may talk. By default nothing leaves this machine."""

    domain: int = 0
    """ROS_DOMAIN_ID; robots and brains of one id see one another."""
    interface: str = "lo"
    """The one network interface that is used."""
    peers: tuple[str, ...] = ("127.0.0.1",)
    """Addresses at which others are looked for; there is no multicast."""
    lease: float = 2.0
    """Others take this participant for gone when it has been silent for so long, s."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If the domain is not 0 to 230 (ports of RTPS 2.5, section 9.6.1.1), or
                the lease is shorter than 1 s, or a name would not be safe in XML.
        """
        if not 0 <= self.domain <= 230:
            raise ConfigError(f"domain is {self.domain}; expected 0 to 230")
        if not 1.0 <= self.lease <= 100.0:
            raise ConfigError(f"lease is {self.lease}; expected 1 to 100 s")
        for name in (self.interface, *self.peers):
            if not name or not all(sign.isalnum() or sign in ".:-_%" for sign in name):
                raise ConfigError(f"{name!r} is no interface or address")

    @property
    def configuration(self) -> str:
        """Cyclone DDS's configuration (its manual, "Configuration guide").

        `IgnoreTypeInformation` of vendor 1.15 (eProsima) is what lets Fast DDS 3 match types that
        hold arrays or strings (eclipse-cyclonedds/cyclonedds#2333). By default Cyclone announces
        every 30 s, and stops for an address that was silent for long: a cable that is back would
        join nothing (`SPDPInterval`, `InitialLocatorPruneDelay`).
        """
        peers = "".join(f'<Peer address="{peer}"/>' for peer in self.peers)
        return (
            f'<CycloneDDS><Domain Id="{self.domain}"><General><Interfaces>'
            f'<NetworkInterface name="{self.interface}" multicast="false"/></Interfaces>'
            f"<AllowMulticast>false</AllowMulticast>{self._packets}</General>"
            "<Discovery><ParticipantIndex>auto</ParticipantIndex>"
            "<MaxAutoParticipantIndex>40</MaxAutoParticipantIndex>"
            f"<LeaseDuration>{self.lease}s</LeaseDuration><Peers>{peers}</Peers>"
            "<SPDPInterval>1s</SPDPInterval>"
            "<InitialLocatorPruneDelay>inf</InitialLocatorPruneDelay></Discovery>"
            "<Internal><MaxSampleSize>64MiB</MaxSampleSize>"
            f"<SocketSendBufferSize min='{_SEND_BUFFER}' max='{_SEND_BUFFER}'/>"
            "<SocketReceiveBufferSize min='default' max='8MiB'/></Internal>"
            "<Compatibility><IgnoreTypeInformation>1.15</IgnoreTypeInformation></Compatibility>"
            "</Domain></CycloneDDS>"
        )

    @property
    def _packets(self) -> str:
        """Large packets where no wire can lose them.

        A picture in pieces of 1 kB overruns the socket of a Fast DDS reader, which then asks for
        the rest again and again.
        """
        if self.interface != "lo":
            return ""
        return "<MaxMessageSize>65500B</MaxMessageSize><FragmentSize>65000B</FragmentSize>"


@final
class DdsLink:
    """A participant of a domain; several in one process share the domain's settings.

    A context manager. Entities made from `participant` must be let go before it is closed.
    """

    _lock = threading.Lock()
    _domains: dict[int, tuple[DdsNetwork, Any, int]] = {}  # noqa: RUF012, guarded by the lock
    """Of every domain that is open in this process: settings, entity, and how many use it."""

    def __init__(self, network: DdsNetwork) -> None:
        """Joins the domain.

        Raises:
            MissingExtraError: If cyclonedds is not installed.
            ConfigError: If this process is in the domain already, with other settings.
            BodyError: If the interface does not exist or the domain is full.
        """
        try:
            from cyclonedds.core import DDSException
            from cyclonedds.domain import Domain, DomainParticipant
        except ImportError as error:
            raise MissingExtraError("a robot on DDS", "ros2") from error
        self.network = network
        with self._lock:
            known, domain, users = self._domains.get(network.domain, (network, None, 0))
            if known != network:
                raise ConfigError(
                    f"this process uses DDS domain {network.domain} with {known}; "
                    f"one domain cannot have other settings at the same time, got {network}"
                )
            try:
                domain = domain or Domain(network.domain, network.configuration)
                self.participant: Any = DomainParticipant(network.domain)
            except DDSException as error:
                raise BodyError(
                    f"cannot join DDS domain {network.domain} on {network.interface!r}: {error}; "
                    f"is the interface up, is the domain open elsewhere in this process, and are "
                    f"there fewer than 40 participants on this machine?"
                ) from error
            self._domains[network.domain] = (network, domain, users + 1)

    def close(self) -> None:
        """Leaves the domain; safe to call twice."""
        with self._lock:
            if self.participant is None:
                return
            self.participant = None
            network, domain, users = self._domains.pop(self.network.domain)
            if users > 1:
                self._domains[network.domain] = (network, domain, users - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
