"""The pictures that tools show, for clients whose models see."""

from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.pictures import picture_of
from embodied_mem.brain.tools.result import Refused
from embodied_mem.errors import ModelError
from embodied_mem.memory.store import MemoryStore
from embodied_mem.models.pictures import PictureSource


def store_pictures(store: MemoryStore, *, viewer: str | None = None) -> PictureSource:
    """Returns the source of a memory's pictures: give it to the client, `open_model_client`.

    Args:
        store: The memory.
        viewer: Whose pictures, see `Filter.viewer`; the same as the answerer's.

    Returns:
        A function that takes the short name or the id of a snapshot's record and returns its file;
        it raises a `ModelError` if that is gone or was never the viewer's to see.
    """
    access = Access(store, viewer=viewer)

    def source(handle: str) -> bytes:
        try:
            return picture_of(access, access.required(handle)).data
        except Refused as error:
            raise ModelError(f"the picture {handle!r} cannot be shown: {error}") from error

    return source
