"""Habitat-Sim in a worker process of its own interpreter, behind the protocol of every body."""

from embodied_mem_envs.habitat.body import HabitatBody as HabitatBody
from embodied_mem_envs.habitat.config import HabitatConfig as HabitatConfig
from embodied_mem_envs.habitat.in_house import HabitatInHouse as HabitatInHouse

__all__ = ["HabitatBody", "HabitatConfig", "HabitatInHouse"]
