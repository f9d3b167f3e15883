"""What changed in a house."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a house, as it truly happened."""

    kind: str
    """`move`, `carry` (went along with what it stood on), `add` or `remove`."""
    object_id: str
    category: str
    before: dict[str, Any] | None
    """Ground truth of the object before, None when it was added."""
    after: dict[str, Any] | None
    """Ground truth of the object after, None when it was removed."""
    visit: int
    tick: int
