"""From encoded frames to what query tokens know after reading: the default form."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.models.sat.activations import Stages
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.chunks import Chunks, make_chunks
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.entries import Entries
from embodied_mem.models.sat.layers import Layer
from embodied_mem.models.sat.reads import Reading
from embodied_mem.models.sat.situation import Situation, SituationEmbedding


def picked(seen: Tensor, number: Tensor) -> Tensor:
    """Returns (..., width) the vectors (U, width) of frames that are given by number."""
    # Its gradient is added up far faster than that of indexing, and in a fixed order.
    return functional.embedding(number, seen)


@final
class Core(nn.Module):
    """Reads by what was seen, when, and where.

    Args:
        config: Settings.
    """

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        self.config = config
        self.situation = SituationEmbedding(config)
        self.mix_entry, self.mix_query = _mixing(config), _mixing(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self,
        batch: EpisodicBatch,
        seen: Tensor,
        extra: Tensor | None,
        stages: Stages,
        trace: list[Reading] | None = None,
    ) -> Tensor:
        """Returns (B, Q, T, width).

        Args:
            batch: Memories and queries.
            seen: (U, width) its frames, encoded.
            extra: (B, Q, T, width) to be added to the tokens.
            stages: Runs the layers.
            trace: Gets a reading of each layer, where it is given.
        """
        content = picked(seen, batch.entry_frame)
        where = self.situation(batch.entry_time, batch.entry_place, batch.entry_pose)
        mixed = stages.run("mix", self.mixed, content, where)
        held = batch.entry_held
        chunks = self.chunks(batch.entry_time, batch.entry_place, held)
        asked = self.asked(batch.query_time, batch.query_place, batch.query_pose)
        state = self.tokens(picked(seen, batch.query_frame), extra, asked)
        memory = (content, mixed, where, held, chunks)
        for number, layer in enumerate(self.each_layer()):
            state = stages.run(f"layer {number}", _run, layer, state, asked, memory, trace)
        normed: Tensor = self.norm(state)
        return normed

    def sharpen(self) -> None:
        """Doubles what scores say of whether things look alike."""
        for layer in self.each_layer():
            layer.memory.query.weight.mul_(2.0)

    def each_layer(self) -> list[Layer]:
        """Returns the layers in their order."""
        return [each for each in self.layers if isinstance(each, Layer)]

    def mixed(self, content: Tensor, situation: Situation) -> Tensor:
        """Returns (B, N, width) what values are made of."""
        summed = content + situation.context
        mixed: Tensor = summed + self.mix_entry(summed)
        return mixed

    def chunks(self, time: Tensor, place: Tensor, held: Tensor) -> Chunks | None:
        """Returns the chunks that are chosen from; None where all entries are read.

        Args:
            time: (B, N) int64 ticks.
            place: (B, N) int64.
            held: (B, N) bool.
        """
        if self.config.read == "flat":
            return None
        return make_chunks(self.config.read, self.config.chunk, time, place, held)

    def asked(self, time: Tensor, place: Tensor, pose: Tensor | None) -> Situation:
        """Embeds when and where (B, Q, T) tokens ask; the arguments are those of the batch."""
        number = torch.arange(time.shape[2], device=time.device).expand(time.shape)
        pose = None if pose is None else pose.flatten(1, 2)
        situation: Situation = self.situation(
            time.flatten(1), place.flatten(1), pose, number.flatten(1)
        )
        return situation

    def tokens(self, content: Tensor, extra: Tensor | None, asked: Situation) -> Tensor:
        """Returns (B, Q, T, width) what the first layer gets of such content."""
        tokens = content if extra is None else content + extra
        mixed: Tensor = tokens + self.mix_query(tokens + asked.context.view(tokens.shape))
        return mixed


def _run(
    layer: Layer,
    state: Tensor,
    asked: Situation,
    memory: tuple[Tensor, Tensor, Situation, Tensor, Chunks | None],
    trace: list[Reading] | None,
) -> Tensor:
    """Makes the keys and values of a layer, which are computed again where the layer is, too."""
    content, mixed, where, held, chunks = memory
    key, value = layer.memory.entries(content, mixed, where)
    read: Tensor = layer(
        state, asked, Entries(key=key, value=value, held=held, chunks=chunks), trace
    )
    return read


def _mixing(config: SATConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(config.width),
        nn.Linear(config.width, config.hidden),
        nn.GELU(),
        nn.Linear(config.hidden, config.width),
    )
