"""The spatially-aware transformer: queries to a memory of frames with time and place."""

from typing import final

import torch
from torch import Tensor, nn

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.activations import Stages
from embodied_mem.models.sat.attention import Attention
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.core import Core
from embodied_mem.models.sat.encoders import Centred
from embodied_mem.models.sat.published import PublishedCore
from embodied_mem.models.sat.reads import Reading


@final
class SpatiallyAwareTransformer(nn.Module):
    """Reads an episodic memory by what was seen, when, and where.

    After the Spatially-Aware Transformer (Cho et al., ICLR 2024, arXiv 2402.15160): a frame, its
    time and its place are embedded and added, and query tokens read the memory in several layers,
    through which the memory goes unchanged. Unlike there, the time is the true one, the tokens of a
    query differ, all attention has several heads that learn, and the sum passes a non-linear layer,
    so that "what at which phase" can be read at once. Keys and values of an entry depend on that
    entry alone.

    `SATConfig(published=True)` is the model as the paper's code has it (`PublishedCore`).

    Args:
        config: Settings.
        encoder: Makes (U, width) of the frames of a batch.
    """

    def __init__(self, config: SATConfig, encoder: nn.Module) -> None:
        super().__init__()
        self.config, self.encoder = config, encoder
        self.core = PublishedCore(config) if config.published else Core(config)
        self._stages = Stages(config.activations, config.activation_bytes)

    @torch.no_grad()
    def attune(self, batch: EpisodicBatch) -> None:
        """Lets frames find their like at once; for a new model, once, before it is trained.

        Pictures have most in common, such as the walls around, and new weights cannot tell that
        from what matters: all entries seem alike to each query. So the encoder takes off the mean
        of a batch's frames (an initialisation by data, as in Salimans and Kingma 2016, arXiv
        1602.07868, section 3), and what is left counts twice. Room Ballet with nine dances in
        memory is learned from scratch in a third of the steps so.

        Args:
            batch: Any of those that it will be trained with.

        Raises:
            ConfigError: If the encoder has no `centre`, or the model is the published one.
        """
        if not isinstance(self.core, Core) or not isinstance(self.encoder, Centred):
            raise ConfigError(
                "only the default form with an encoder that has centre(common) can be attuned"
            )
        self.encoder.centre(self.encoder(batch.frames).mean(dim=0))
        self.core.sharpen()

    def forward(self, batch: EpisodicBatch, extra: Tensor | None = None) -> Tensor:
        """Returns (B, Q, T, width), what the tokens of each query know after reading.

        Args:
            batch: Memories and queries.
            extra: (B, Q, T, width) to be added to the tokens, such as actions that are asked about.
        """
        return self._answer(batch, extra, None)

    @torch.no_grad()
    def attention(self, batch: EpisodicBatch, extra: Tensor | None = None) -> Attention:
        """Returns what `forward` reads."""
        readings: list[Reading] = []
        self._answer(batch, extra, readings)
        per_token = batch.sizes[2:]
        tokens = per_token[0] * per_token[1] * self.config.layers
        chosen = (each.chunks for each in readings)
        return Attention(
            weights=tuple(_per_token(each.weights, 2, per_token) for each in readings),
            chunks=self.core.chunks(batch.entry_time, batch.entry_place, batch.entry_held),
            chosen=tuple(_per_token(each, 1, per_token) for each in chosen if each is not None),
            computed=sum(each.scores for each in readings),
            flat=int(batch.entry_held.sum()) * tokens,
        )

    def _answer(
        self, batch: EpisodicBatch, extra: Tensor | None, trace: list[Reading] | None
    ) -> Tensor:
        known = (batch, extra)
        with self._stages.forward(known=known, parameters=self.parameters()):
            seen: Tensor = self._stages.run("frames", self.encoder, batch.frames)
            answered: Tensor = self.core(batch, seen, extra, self._stages, trace)
        return answered


def _per_token(tokens: Tensor, axis: int, per_token: tuple[int, ...]) -> Tensor:
    """Returns (..., Q, T, ...) for (..., Q T, ...)."""
    shape = tokens.shape
    return tokens.reshape(*shape[:axis], *per_token, *shape[axis + 1 :])
