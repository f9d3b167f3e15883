"""Drives a body with the truth at hand: for bounds, never for agents."""

from collections.abc import Iterable

from embodied_mem_envs.tasks.driver import Driver
from embodied_mem_envs.tasks.house_world import HouseWorld


def drive(world: HouseWorld, goals: Iterable[int]) -> None:
    """Drives the body along the true shortest way to the nearest of some cells of the floor.

    It stops where its ticks are used up. Where nothing leads to any of the cells it stays.
    """
    way = world.floor.path(world.body.true_place, goals)
    if way is None:
        return
    driver = Driver(way, seconds_per_tick=world.config.seconds_per_tick)
    while world.body.ticks_left > 0:
        command = driver.command(world.body.inner.true_pose)
        if command is None:
            return
        world.body.act(command)
