"""The real simulator with a test that plays perception: true poses become believed entities."""

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem_envs.tabletop import Placed, TabletopBody
from embodied_mem_envs.tabletop.catalogue import kind


class ArmBench:
    """One world, and what is believed of it, which is true."""

    def __init__(self, *layout: Placed, model: ArmModel | None = None) -> None:
        self.body = TabletopBody(layout)
        self.body.connect()
        self.model = model or ArmModel(self.body.description)
        self.fastest = 0.0
        self.most_contact = 0.0
        self.forgotten: set[str] = set()
        self.body.settle(0.3)

    def close(self) -> None:
        self.body.close()

    def pose(self, name):
        (position, (x, y, z, w)) = self.body._world.pose(name)
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        lean = np.arccos(np.clip(1 - 2 * (x * x + y * y), -1, 1))
        return np.array(position), float(yaw), float(lean)

    def opened(self, drawer):
        return self.body._world.drawer(drawer) / self.body.cell[drawer].travel

    def entities(self):
        found = {}
        for name, placed in self.body.things.items():
            if name in self.forgotten:
                continue
            position, yaw, lean = self.pose(name)
            found[name] = Entity(
                id=name,
                kind="object",
                category=placed.kind,
                colour=placed.colour,
                position=position,
                size=np.array(kind(placed.kind).size),
                yaw=yaw,
                place=self.place(position),
                tilt=lean,
            )
        for name, fixture in self.body.cell.items():
            low, high = np.array(fixture.low), np.array(fixture.high)
            if fixture.kind != "chest":
                opened = self.opened(name) if fixture.kind == "drawer" else 0.0
                found[name] = Entity(
                    id=name, kind=fixture.kind, category=fixture.kind, colour=fixture.colour,
                    position=0.5 * (low + high), size=high - low, opened=opened,
                )  # fmt: skip
        return found

    def place(self, position):
        for name, fixture in self.body.cell.items():
            if fixture.kind not in ("bin", "drawer", "tray"):
                continue
            shift = np.zeros(3)
            if fixture.kind == "drawer":
                shift[0] = -self.opened(name) * fixture.travel
            low, high = np.array(fixture.low) + shift, np.array(fixture.high) + shift
            if (position[:2] > low[:2]).all() and (position[:2] < high[:2]).all():
                return name
        return "table"

    def senses(self, *, fresh: bool = True) -> ArmSenses:
        arm = self.body.sense()
        if fresh or not hasattr(self, "_entities"):
            self._entities = self.entities()
        tool = self.model.tool_pose(arm.joints)
        holding = ""
        if arm.grip > 1.0 and arm.opening > 0.003:
            gaps = {
                name: np.linalg.norm(self.pose(name)[0] - tool[:3, 3])
                for name in self.body.things
            }
            holding = min(gaps, key=gaps.get)
            holding = holding if gaps[holding] < 0.06 else ""
        hand = Hand(
            position=tool[:3, 3],
            yaw=float(np.arctan2(tool[1, 1], tool[0, 1])),
            opening=arm.opening,
            grip=arm.grip,
            contact=arm.contact,
            holding=holding,
        )
        state = State(
            tick=arm.tick, seconds=arm.tick * 0.005, entities=self._entities, hand=hand
        )
        return ArmSenses(arm, state)

    def run(self, skill, *, seconds: float = 30.0, every=None):
        """Runs a skill to its end and checks every command against the joints' speeds."""
        skill.enter(self.senses())
        last = self.body.sense().joints
        for tick in range(round(seconds / 0.005)):
            if skill.status is not Status.RUNNING:
                break
            command = skill.step(self.senses(fresh=tick % 20 == 0))
            if command.joints is not None:
                joints = np.array(command.joints)
                step = np.abs(joints - last) / 0.005
                self.fastest = max(self.fastest, float((step / self.model.velocity).max()))
                assert (joints >= self.model.lower - 1e-9).all()
                assert (joints <= self.model.upper + 1e-9).all()
                last = joints
            self.body.act(command)
            self.most_contact = max(self.most_contact, self.body.sense().contact)
            if every is not None:
                every(tick)
        skill.leave()
        return skill.status, skill.reason
