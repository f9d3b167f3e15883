"""The real Habitat-Sim, wherever EMBODIED_MEM_HABITAT_PYTHON names an interpreter that has it."""

import os

import numpy as np
import pytest

from embodied_mem.types import Command
from embodied_mem_envs.habitat.agreement import AgreementConfig, measure_agreement
from embodied_mem_envs.habitat.config import PYTHON_VARIABLE
from embodied_mem_envs.house import CameraConfig, HouseConfig, generate_house
from embodied_mem_envs.simulators import BodySetup, make_body

pytestmark = pytest.mark.skipif(
    PYTHON_VARIABLE not in os.environ,
    reason=f"{PYTHON_VARIABLE} does not name an interpreter with habitat_sim (conda only)",
)


def test_pictures_agree():
    config = AgreementConfig(houses=1, rooms=4, poses=40, questions=0, steps=500)
    metrics = measure_agreement(config, note=lambda _: None)
    assert metrics["habitat_depth_error_mm"] < 1.0
    assert metrics["habitat_ids_equal"] >= 0.995
    assert metrics["habitat_lost_workers"] == 0


def test_stairs_are_climbed():
    house = generate_house(12, HouseConfig(rooms=6, floors=2))
    body = make_body("habitat", house, BodySetup(camera=CameraConfig(width=64, height=48)))
    body.connect()
    lower, upper = (house.stairs.end(floor) for floor in (0, 1))
    body.place(*lower, float(np.arctan2(upper[1] - lower[1], upper[0] - lower[0])))
    for _ in range(40):
        body.act(Command(forward=0.25))
    assert body.true_floor == 1
    body.close()


@pytest.mark.slow
def test_memories_answer_alike_and_ten_thousand_steps_hold():
    metrics = measure_agreement(AgreementConfig(houses=3), note=lambda _: None)
    assert metrics["habitat_answers"] >= metrics["house_answers"] - 0.02
    assert metrics["habitat_lost_workers"] == 0
    assert metrics["habitat_growth_mb"] < 20.0
