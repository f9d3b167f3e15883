"""What is to be forgotten, as somebody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from embodied_mem.errors import StoreError, unknown_name

Pictures = Literal["drop", "keep"]
_PICTURES: Final = get_args(Pictures)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Names and ids to forget; a record goes where any of them fits.

    >>> Wish(about="Ana").about
    ('Ana',)

    Raises:
        StoreError: If nothing is named.
        ConfigError: If `pictures` is something else.
    """

    about: str | Sequence[str] = ()
    """People, things or places: all that is about them, what they told or saw themselves
    (`MemoryRecord.observer`), and what lies in them (`MemoryRecord.place`)."""
    observer: str | Sequence[str] = ()
    """Who told or saw it; what others told of them stays."""
    ids: str | Sequence[str] = ()
    """Records; ids that no record has are passed over, so that asking twice is no error."""
    mentions: bool = False
    """Whether records of others go, too, whose content holds a name of `about` as a word."""
    pictures: Pictures = "drop"
    """What becomes of snapshots that show something that goes. `drop`: they go with it, since it
    can be seen in them, which nobody who asks to be forgotten expects. `keep`: only what says
    where it is in them goes."""

    def __post_init__(self) -> None:
        """Checks that something is named."""
        for name in ("about", "observer", "ids"):
            object.__setattr__(self, name, _names(getattr(self, name)))
        if not (self.about or self.observer or self.ids) or "" in (*self.about, *self.observer):
            raise StoreError("forget what? Name about=, observer= or ids=, none of them empty")
        if self.pictures not in _PICTURES:
            raise unknown_name("treatment of pictures", self.pictures, _PICTURES)


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))
