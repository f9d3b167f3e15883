"""What a spatially-aware transformer is made of; free of torch."""

from dataclasses import dataclass
from typing import Final, Literal

from embodied_mem.errors import ConfigError, unknown_name

Read = Literal["flat", "time", "place", "stay"]
TimeEmbedding = Literal["sine", "learned", "none"]
PlaceEmbedding = Literal["sine", "sine2d", "learned", "pose", "none"]
Activations = Literal["keep", "recompute", "offload", "plan"]

READS: Final = ("flat", "time", "place", "stay")
TIME_EMBEDDINGS: Final = ("sine", "learned", "none")
PLACE_EMBEDDINGS: Final = ("sine", "sine2d", "learned", "pose", "none")
ACTIVATIONS: Final = ("keep", "recompute", "offload", "plan")


@dataclass(frozen=True, kw_only=True, slots=True)
class SATConfig:
    """Settings of `SpatiallyAwareTransformer`.

    Raises:
        ConfigError: If a value is out of its range or names something unknown.
    """

    width: int = 128
    """Numbers that stand for a frame, and for a query."""
    layers: int = 2
    """Each reads the memory once; the paper has 4."""
    heads: int = 4
    """Of the attention; `width` is a multiple."""
    hidden: int = 256
    """Units of the layers between."""
    read: Read = "place"
    """`flat`: every entry. The others first choose `top` chunks by their summaries and read only
    those: `time` has chunks of consecutive entries, `place` of entries of one place, `stay` of
    entries of one place without an interruption."""
    chunk: int = 32
    """Entries of a chunk at most; a place or a stay with more is several chunks."""
    top: int = 4
    """Chunks that a query reads."""
    time: TimeEmbedding = "sine"
    """How the true time of an entry, in ticks, is told."""
    place: PlaceEmbedding = "sine"
    """How the place is told: by its number (`sine`, `learned`), by the position (`sine2d`), or by
    the position relative to where the query is asked (`pose`)."""
    pose_size: int = 2
    """Numbers of a pose, for `sine2d` and `pose`: 2 or 3 of a position, in metres."""
    places: int = 64
    """Numbers of places that `learned` tells apart."""
    published: bool = False
    """Rebuild the model of the paper as its code has it, with what that leaves without effect:
    chunks of one entry, identical query tokens and time by slot; for comparison."""
    activations: Activations = "keep"
    """What training keeps of each layer for the gradient: all of it, nothing but its input
    (`recompute`), that on the disk (`offload`), or what `plan` finds to fit `activation_bytes`."""
    activation_bytes: int | None = None
    """Most bytes of kept activations, for `plan`."""

    def __post_init__(self) -> None:
        """Checks the values."""
        sizes = ("width", "layers", "heads", "hidden", "chunk", "top", "places", "pose_size")
        for name in sizes:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected at least 1")
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"width is {self.width}; expected a multiple of twice the {self.heads} heads"
            )
        choices = {
            "read": READS,
            "time": TIME_EMBEDDINGS,
            "place": PLACE_EMBEDDINGS,
            "activations": ACTIVATIONS,
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise unknown_name(name, str(getattr(self, name)), known)
        if (self.activations == "plan") != (self.activation_bytes is not None):
            raise ConfigError('activation_bytes goes with activations="plan", and only with it')
