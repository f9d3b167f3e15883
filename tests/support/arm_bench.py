"""The real simulator with a test that plays perception: true poses become believed entities."""

from dataclasses import replace

import numpy as np

from embodied_mem.brain.arm.library import arm_skills
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem_envs.tabletop import Placed, TabletopBody
from embodied_mem_envs.tabletop.faults.obstacle import OBSTACLE

PERCEIVE_EVERY = 20
"""Ticks between the pictures that the test plays."""
_MODELS: list[ArmModel] = []


def shared_model() -> ArmModel:
    """The kinematics, read once for all tests."""
    if not _MODELS:
        _MODELS.append(ArmModel(TabletopBody().description))
    return _MODELS[0]


def stand(kind, x, y, *, yaw=0.0, z=0.0, colour="", name=""):
    """One thing on the table, or at a height."""
    return Placed(kind=kind, colour=colour, position=(x, y, z), yaw=yaw, name=name)


class ArmBench:
    """One world, and what is believed of it, which is true."""

    def __init__(self, *layout: Placed) -> None:
        self.body = TabletopBody(layout)
        self.body.connect()
        self.model = shared_model()
        self.skills = arm_skills(self.model, self.body.cell)
        self.changes = {}
        """Beliefs that differ from the truth: fields of entities by id."""
        self.fastest = 0.0
        self.hardest = 0.0
        self.body.settle(0.3)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.body.close()

    def thing(self, name):
        return self.body.truth().things[name]

    def opened(self, drawer):
        return self.body.truth().drawers[drawer]

    def entities(self):
        truth = self.body.truth()
        found = {}
        for name, thing in truth.things.items():
            if name == OBSTACLE:  # what a fault puts in the way is for the hand to feel
                continue
            found[name] = Entity(
                id=name, kind="object", category=thing.kind, colour=thing.colour,
                position=thing.position.copy(), size=thing.size, yaw=thing.yaw, tilt=thing.tilt,
                place="hand" if thing.held else self.place(name, truth),
            )  # fmt: skip
        for name, fixture in self.body.cell.items():
            low, high = np.array(fixture.low), np.array(fixture.high)
            if fixture.kind != "chest":
                found[name] = Entity(
                    id=name, kind=fixture.kind, category=fixture.kind, colour=fixture.colour,
                    position=0.5 * (low + high), size=high - low,
                    opened=truth.drawers.get(name, 0.0),
                )  # fmt: skip
        for name, fields in self.changes.items():
            found[name] = replace(found[name], **fields)
        return found

    def place(self, name, truth=None):
        """Id of the bin, drawer or tray over whose floor a thing is, else the table."""
        truth = truth or self.body.truth()
        position = truth.things[name].position
        for fixture_name, fixture in self.body.cell.items():
            if fixture.kind not in ("bin", "drawer", "tray"):
                continue
            slid = truth.drawers.get(fixture_name, 0.0) * fixture.travel
            shift = np.array(fixture.slides or (0.0, 0.0, 0.0)) * slid
            low, high = np.array(fixture.low) + shift, np.array(fixture.high) + shift
            if (position[:2] > low[:2]).all() and (position[:2] < high[:2]).all():
                return fixture_name
        return "table"

    def settled_place(self, name):
        """Where a thing is once everything has come to rest."""
        self.body.settle(0.3)
        return self.place(name)

    def senses(self, *, look: bool = True) -> ArmSenses:
        arm = self.body.sense()
        held = self.body.truth().held if look else self._held
        if look:
            self._entities, self._held = self.entities(), held
        tool = self.model.tool_pose(arm.joints)
        hand = Hand(
            position=tool[:3, 3],
            yaw=float(np.arctan2(tool[1, 1], tool[0, 1])),
            opening=arm.opening,
            grip=arm.grip,
            contact=arm.contact,
            holding=held[0] if held else "",
        )
        seconds = arm.tick * self.body.seconds_per_tick
        state = State(tick=arm.tick, seconds=seconds, entities=self._entities, hand=hand)
        return ArmSenses(arm, state)

    def make(self, name, **arguments):
        spec = self.skills[name]
        defaults = {
            key: each.default for key, each in spec.parameters.items() if each.default is not None
        }
        return spec.make({**defaults, **arguments})

    def can(self, name, **arguments) -> float:
        return self.make(name, **arguments).can_execute(self.senses())

    def do(self, name, *, seconds=40.0, every=None, **arguments):
        """Runs a skill to its end; returns why it ended badly, empty where it succeeded."""
        skill = self.make(name, **arguments)
        self.hardest, self._last = 0.0, None
        skill.enter(self.senses())
        for tick in range(round(seconds / self.body.seconds_per_tick)):
            command = skill.step(self.senses(look=tick % PERCEIVE_EVERY == 0))
            if command.joints is not None:
                self._check(command.joints)
            self.body.act(command)
            self.hardest = max(self.hardest, self.body.sense().contact)
            if every is not None:
                every(tick)
            if skill.status is not Status.RUNNING:
                break
        skill.leave()
        assert skill.status is not Status.RUNNING, f"{name} does not end"
        return skill.reason if skill.status is Status.FAILED else ""

    def _check(self, command):
        joints = np.array(command)
        before = self._last if self._last is not None else self.body.sense().joints
        self._last = joints
        speed = np.abs(joints - before) / self.body.seconds_per_tick
        self.fastest = max(self.fastest, float((speed / self.model.velocity).max()))
        assert (joints >= self.model.lower - 1e-9).all()
        assert (joints <= self.model.upper + 1e-9).all()
