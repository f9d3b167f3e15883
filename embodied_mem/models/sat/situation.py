"""When and where something was seen or asked, as vectors."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.embeddings import SinePose, make_place, make_time, sinusoid
from embodied_mem.models.sat.pose import PoseFeatures


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Situation:
    """When and where entries were seen, or query tokens ask."""

    context: Tensor
    """(B, S, width), of the time and the place."""
    pose: Tensor | None
    """(B, S, 2 F) features of the position; None where positions are not compared."""


@final
class SituationEmbedding(nn.Module):
    """Embeds times and places as a config says; the parts are added."""

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        self.config = config
        self.time, self.place = make_time(config), make_place(config)
        self.position = SinePose(config.width) if config.place == "sine2d" else None
        self.pose = PoseFeatures(config.pose_size) if config.place == "pose" else None
        self.token = nn.Linear(config.width, config.width, bias=False)

    def forward(
        self, time: Tensor, place: Tensor, pose: Tensor | None, token: Tensor | None = None
    ) -> Situation:
        """Returns the embedding.

        Args:
            time: (B, S) int64 ticks.
            place: (B, S) int64, -1 where it is not known.
            pose: (B, S, P), metres; None where there are none.
            token: (B, S) int64, numbers of tokens within their query; None for entries.

        Raises:
            ConfigError: If positions are to be told, and there are none or of another size.
        """
        pose = self._checked(pose)
        shape = (*time.shape, self.config.width)
        context = torch.zeros(shape, device=time.device)
        if self.time is not None:
            context = context + self.time(time)
        if self.place is not None:
            context = context + self.place(place)
        if self.position is not None:
            context = context + self.position(pose)
        if token is not None:
            context = context + self.token(sinusoid(token, self.config.width))
        return Situation(context=context, pose=None if self.pose is None else self.pose(pose))

    def _checked(self, pose: Tensor | None) -> Tensor | None:
        size, needed = self.config.pose_size, self.config.place in ("pose", "sine2d")
        if needed and (pose is None or pose.shape[-1] != size):
            got = "none" if pose is None else f"some of {pose.shape[-1]}"
            raise ConfigError(
                f'place="{self.config.place}" needs poses of {size} numbers, of entries and of '
                f"queries; there are {got}"
            )
        return pose
