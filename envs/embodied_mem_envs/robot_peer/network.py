"""How the robot is on the network: it must outlive a cable that is pulled."""

from dataclasses import dataclass
from typing import final

from embodied_mem.robots.dds.participant import DdsNetwork

_SEND_BUFFER = "208KiB"
"""As much as Linux queues for a neighbour that does not answer (`unres_qlen_bytes`). With Cyclone's
64 KiB a pulled cable fills the socket, and every write then blocks for three seconds with the
interpreter's lock held: the drives would stand still with the computer."""


@final
@dataclass(frozen=True, kw_only=True)
class PeerNetwork(DdsNetwork):
    """The usual settings, and those that let it be found again."""

    @property
    def configuration(self) -> str:
        """Cyclone DDS's configuration: announce often, to peers that never answered as well.

        By default it announces every 30 s, and stops for an address that was silent for long
        (Cyclone's manual, "Configuration guide", `SPDPInterval` and `InitialLocatorPruneDelay`).
        """
        often = "<SPDPInterval>1s</SPDPInterval>"
        always = "<InitialLocatorPruneDelay>inf</InitialLocatorPruneDelay>"
        buffer = f"<SocketSendBufferSize min='{_SEND_BUFFER}' max='{_SEND_BUFFER}'/>"
        text: str = DdsNetwork.configuration.__get__(self)
        for section, more in (("Discovery", often + always), ("Internal", buffer)):
            # A setting may be there once only; what the shared ones have by now is kept.
            if more.partition(">")[0] not in text:
                text = text.replace(f"</{section}>", f"{more}</{section}>")
        return text
