"""The embedded house simulator."""

from embodied_mem_envs.house.body import CameraConfig as CameraConfig
from embodied_mem_envs.house.body import HouseBody as HouseBody
from embodied_mem_envs.house.config import HouseConfig as HouseConfig
from embodied_mem_envs.house.generate import generate_house as generate_house
from embodied_mem_envs.house.house import Change as Change
from embodied_mem_envs.house.house import House as House
from embodied_mem_envs.house.layout import Door as Door
from embodied_mem_envs.house.layout import Room as Room
from embodied_mem_envs.house.life import live as live
from embodied_mem_envs.house.moving import Spot as Spot
from embodied_mem_envs.house.noise import SensorNoise as SensorNoise
from embodied_mem_envs.house.objects import HouseObject as HouseObject
from embodied_mem_envs.house.stairs import Stairs as Stairs

__all__ = [
    "CameraConfig",
    "Change",
    "Door",
    "House",
    "HouseBody",
    "HouseConfig",
    "HouseObject",
    "Room",
    "SensorNoise",
    "Spot",
    "Stairs",
    "generate_house",
    "live",
]
