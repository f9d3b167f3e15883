"""Reads the slots of a `Memory` with the spatially-aware transformer, as Stable-Baselines3 asks."""

from typing import Final, final

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer

OF_MEMORY: Final = (
    "memory",
    "memory_age",
    "memory_held",
    "memory_reward",
    "arrivals",
    "last_action",
    "last_reward",
)
"""What a `Memory` adds to an observation; all else is what there is now."""
_ABOUT: Final = 4
"""Numbers about an entry beside what was seen: its reward, age and share of the time so far."""


@final
class SATExtractor(BaseFeaturesExtractor):
    """Features of an observation of `embodied_mem_envs.wrappers.Memory`, read by the transformer.

    The slots are the entries; what there is now asks, in one query of one token. An entry's time is
    how many ticks ago it was made (the clock's origin is now, as an agent's clock may be), its
    place what the observation said then. The reward that came with it, its age and its share of the
    time so far are part of what is seen.
    """

    def __init__(
        self, observation_space: spaces.Dict, *, sat: SATConfig, place: str | None = None
    ) -> None:
        """Makes the transformer.

        Args:
            observation_space: Of a `Memory` with `past_reward`.
            sat: What the transformer is made of.
            place: Entry of the observation, a `Discrete`, that says where the agent is.

        Raises:
            ConfigError: If the observation is of no `Memory`, or has no such place.
        """
        missing = [name for name in OF_MEMORY if name not in observation_space.spaces]
        if missing:
            raise ConfigError(f"the observation has no {missing}; wrap the environment in a Memory")
        super().__init__(observation_space, 2 * sat.width)
        self._now = [name for name in observation_space.spaces if name not in OF_MEMORY]
        self._place = None if place is None else _columns(observation_space, self._now, place)
        seen, shared = _width(observation_space, ["memory"], 1), 2
        shared += _width(observation_space, ["last_action"], 0)
        self.told = nn.Sequential(nn.Linear(seen + shared, sat.width), nn.ReLU())
        encoder = VectorEncoder(size=seen + _ABOUT, width=sat.width, hidden=sat.width)
        self.transformer = SpatiallyAwareTransformer(sat, encoder)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns (B, 2 * width): what there is now, and what was read."""
        now = torch.cat([observations[name].flatten(1) for name in self._now], dim=1)
        shared = [observations[name] for name in ("last_action", "last_reward", "arrivals")]
        told = self.told(torch.cat([now, *shared], dim=1))
        read = self.transformer(self._batch(observations, now), told[:, None, None])
        return torch.cat((told, read[:, 0, 0]), dim=1)

    def _batch(self, observations: dict[str, Tensor], now: Tensor) -> EpisodicBatch:
        entries, log_age = observations["memory"], observations["memory_age"]
        batch, slots = log_age.shape
        age, so_far = log_age.expm1(), observations["arrivals"].exp()
        about = torch.stack(
            (
                observations["memory_reward"],
                observations["memory_reward"].sign(),
                log_age,
                age / so_far,
            ),
            dim=2,
        )
        asking = now.new_zeros(batch, 1, _ABOUT)
        frames = torch.cat(
            (torch.cat((entries, about), 2), torch.cat((now[:, None], asking), 2)), dim=1
        )
        number = torch.arange(batch * (slots + 1), device=now.device).view(batch, slots + 1)
        return EpisodicBatch(
            frames=frames.flatten(0, 1),
            entry_frame=number[:, :slots],
            entry_time=age.round().long(),
            entry_place=self._placed(entries),
            entry_held=observations["memory_held"] > 0,
            query_frame=number[:, slots:, None],
            query_time=torch.zeros_like(number[:, slots:, None]),
            query_place=self._placed(now[:, None])[:, :, None],
        )

    def _placed(self, seen: Tensor) -> Tensor:
        """Returns (B, n) numbers of the places of (B, n, D) observations; -1 where unknown."""
        if self._place is None:
            return torch.full(seen.shape[:2], -1, dtype=torch.int64, device=seen.device)
        told = seen[:, :, self._place]
        return torch.where(told.amax(2) > 0, told.argmax(2), -1)


def _width(space: spaces.Dict, names: list[str], axis: int) -> int:
    shapes = [space[name].shape for name in names]
    return sum(shape[axis] for shape in shapes if shape is not None)


def _columns(space: spaces.Dict, now: list[str], place: str) -> slice:
    """Returns where the flattened observation tells the place."""
    if place not in now or not isinstance(space[place], spaces.Discrete):
        raise ConfigError(f"no entry {place!r} of the observation is a Discrete place")
    start = 0
    for name in now:
        width = spaces.flatdim(space[name])
        if name == place:
            return slice(start, start + width)
        start += width
    raise AssertionError(name)
