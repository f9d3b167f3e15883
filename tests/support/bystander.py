"""Somebody else on the robot's DDS domain."""

from embodied_mem_envs.robot_peer.bystander import Bystander

__all__ = ["Bystander"]
