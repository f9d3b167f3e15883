"""The types of links between records: what each says of the record that it points to."""

from typing import Final, Literal, get_args

from embodied_mem.memory.batch import SUPERSEDES

LinkType = Literal["same_object", "same_place", "before", "near", "contradicts", "derived_from"]
"""What consolidation writes. `before`: the other happened or held before this. `derived_from`: this
was made from the other, and falls with it when it is forgotten. The rest hold both ways and are
written once, in the record with the later id."""

SHOWS: Final = "shows"
"""From a snapshot to the facts of what is seen in it; written while observing."""
LINK_TYPES: Final[tuple[str, ...]] = (*get_args(LinkType), SHOWS, SUPERSEDES)
"""All types that this library writes; others are kept as they come."""
