"""The furniture catalogue and the room programmes, read once from `assets/furniture*.json`."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from embodied_mem.assets import asset_path
from embodied_mem.errors import HouseError, unknown_name

Triple = tuple[float, float, float]
Range = tuple[float, float]


class PartSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One solid of a piece of furniture, in the unit box of the whole piece.

    The unit box has x from back to front, y from right to left and z from bottom to top.
    """

    shape: Literal["box", "cylinder", "ball", "prism"]
    lo: Triple
    hi: Triple
    slot: str = "main"
    """Which finish: `main` is the colour and material of the object, others are named slots."""
    mirror: Literal["", "x", "y", "xy"] = ""
    """Axes over which copies are made: a table leg with `xy` gives four."""
    axis: Literal["x", "y", "z"] = "z"
    """Axis of a cylinder, or the direction in which the profile of a prism is extruded."""
    taper: float = 1.0
    """Radius at the far end of a cylinder over the radius at its near end."""
    profile: tuple[tuple[float, float], ...] = ()
    """Corners of the convex or concave profile of a prism, in the unit square of the part."""


class SurfaceSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level rectangle of a piece on which small objects may stand, in its unit box."""

    lo: tuple[float, float]
    hi: tuple[float, float]
    z: float
    clearance: float
    """Free height above the surface, metres."""
    zone: str = ""


class CategorySpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every object of one category has in common."""

    size: tuple[Range, Range, Range]
    """Depth, width and height ranges, metres."""
    portable: bool
    """True where people carry it about: such objects move between visits."""
    colours: tuple[str, ...]
    materials: tuple[str, ...]
    parts: tuple[PartSpec, ...]
    surfaces: tuple[SurfaceSpec, ...] = ()


class SlotSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finish that does not follow the colour of the object; colour `any` is drawn."""

    colour: str
    material: str


class MaterialSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which procedural texture a material has, and how large one texel is in metres."""

    texture: str
    texel: float


class ItemSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a room programme: what to place, how many and where."""

    category: str
    count: tuple[int, int]
    place: Literal[
        "wall", "corner", "row", "centre", "beside", "front", "facing", "around", "hang", "on"
    ]
    anchor: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    zone: str = ""
    gap: float = 0.04
    height: Range = (0.0, 0.0)
    """Range of the centre height of a hanging object, metres."""


class RoomSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The programme of one room type; the first items are its tell-tale furniture."""

    area: Range
    """Preferred floor area, square metres."""
    floor: tuple[str, ...]
    items: tuple[ItemSpec, ...]


class _Furniture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    colours: dict[str, tuple[int, int, int]]
    materials: dict[str, MaterialSpec]
    slots: dict[str, SlotSpec]
    categories: dict[str, CategorySpec]


class _Programmes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    rooms: dict[str, RoomSpec]


class Catalogue(msgspec.Struct, frozen=True):
    """Everything the generator knows about furniture, finishes and rooms."""

    colours: dict[str, tuple[int, int, int]]
    materials: dict[str, MaterialSpec]
    slots: dict[str, SlotSpec]
    categories: dict[str, CategorySpec]
    rooms: dict[str, RoomSpec]

    def category(self, name: str) -> CategorySpec:
        """Returns one category.

        Raises:
            ConfigError: If there is none of that name, with the nearest known name.
        """
        if name not in self.categories:
            raise unknown_name("furniture category", name, self.categories)
        return self.categories[name]

    def supports_of(self, category: str) -> tuple[str, ...]:
        """Returns the categories on which objects of a category stand in any room, sorted."""
        found = {
            support
            for room in self.rooms.values()
            for item in room.items
            if item.category == category
            for support in item.on
        }
        return tuple(sorted(found))


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Reads and checks the catalogue that ships with the package.

    Raises:
        HouseError: If an asset refers to a colour, material, slot or category that is not there.
    """
    furniture = msgspec.json.decode(asset_path("furniture.json").read_bytes(), type=_Furniture)
    programmes = msgspec.json.decode(
        asset_path("furniture_rooms.json").read_bytes(), type=_Programmes
    )
    result = Catalogue(
        colours=furniture.colours,
        materials=furniture.materials,
        slots=furniture.slots,
        categories=furniture.categories,
        rooms=programmes.rooms,
    )
    _check(result)
    return result


def _check(found: Catalogue) -> None:
    """Raises where a name leads nowhere."""
    for name, spec in found.categories.items():
        _require(name, "colour", spec.colours, found.colours)
        _require(name, "material", spec.materials, found.materials)
        slots = [part.slot for part in spec.parts if part.slot != "main"]
        _require(name, "slot", slots, found.slots)
    for name, room in found.rooms.items():
        for item in room.items:
            _require(name, "category", (item.category, *item.anchor, *item.on), found.categories)


def _require(owner: str, what: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise HouseError(
                f"furniture assets: {owner!r} names the unknown {what} {name!r}; "
                f"expected one of {sorted(known)}"
            )
