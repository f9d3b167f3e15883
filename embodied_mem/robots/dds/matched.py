"""Who is connected to a reader or a writer."""

from collections.abc import Callable

_TRIES = 10


def matched(ask: Callable[[], list[int]]) -> list[int]:
    """Returns handles of those at the other end.

    cyclonedds asks twice, how many there are and then which; whoever joins in between makes its
    list too short, and it raises.

    Args:
        ask: `get_matched_subscriptions` of a writer, or `get_matched_publications` of a reader.
    """
    for _ in range(_TRIES):
        try:
            return ask()
        except IndexError:
            continue
    return ask()
