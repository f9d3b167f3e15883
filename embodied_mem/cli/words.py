"""What reads words that no list holds."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embodied_mem.brain.language.by_meaning import Meaning


def meaning_by(embedder: str) -> "Meaning | None":
    """Makes what reads strange words by a named text embedder; None where none is named.

    Raises:
        ConfigError: If the name is unknown; the nearest one is suggested.
    """
    if not embedder:
        return None
    from embodied_mem.brain.language.by_meaning import Meaning
    from embodied_mem.memory.search.embedders import text_embedder

    return Meaning(text_embedder(embedder))
