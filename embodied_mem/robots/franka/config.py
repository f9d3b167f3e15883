"""How an arm of Franka Robotics is reached and driven: the table `[options]` of its file."""

from dataclasses import dataclass
from typing import Literal

from embodied_mem.errors import ConfigError
from embodied_mem.robots.franka.limits import arm_limits
from embodied_mem.robots.safety.joint_limits import JointLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class FrankaConfig:
    """Settings of a `FrankaDriver`."""

    host: str
    """Address of the arm's control unit, or of franky-sim."""
    model: Literal["fr3", "panda"] = "fr3"
    """Which arm it is; decides its limits."""
    name: str = "franka"
    """How it is called in messages and recordings."""
    python: str = ""
    """Interpreter with franky-control, in which the arm's process runs; empty for this one where
    it has it, else for `EMBODIED_MEM_FRANKA_PYTHON` or `.venv-franka`; `here` for this one."""
    gripper: bool = True
    """Whether a Franka Hand is mounted."""
    gripper_speed: float = 0.1
    """How fast the fingers move, m/s."""
    grip_force: float = 30.0
    """With what force they close, N; the hand gives 70 N at most."""
    low: tuple[float, ...] = ()
    """Lowest joint positions, rad; only narrows the arm's own."""
    high: tuple[float, ...] = ()
    """Highest joint positions, rad; only narrows the arm's own."""
    velocity: tuple[float, ...] = ()
    """Highest joint speeds, rad/s; only lowers the arm's own."""
    acceleration: tuple[float, ...] = ()
    """Highest joint accelerations of commands, rad/s^2; at most the arm's own."""
    collision_torque: float = 20.0
    """Torque from outside on a joint at which the arm stops by itself, Nm."""
    collision_force: float = 30.0
    """Force from outside on the hand at which the arm stops by itself, N."""
    realtime: bool = False
    """Whether to insist on a real-time kernel, as a physical arm needs; a simulator does not."""
    state_rate: float = 100.0
    """How often the arm's state is read, Hz."""
    seconds_per_tick: float = 0.05
    """How long the brain's tick is, s."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If the address is missing, a number is out of range, or the limits leave a
                joint no room.
        """
        if not self.host:
            raise ConfigError("host is empty; expected the address of the arm's control unit")
        ranges = {
            "gripper_speed": (0.0, 0.2),
            "grip_force": (0.0, 70.0),
            "collision_torque": (0.0, 100.0),
            "collision_force": (0.0, 200.0),
            "state_rate": (0.0, 1000.0),
            "seconds_per_tick": (0.0, 10.0),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low < value <= high:
                raise ConfigError(
                    f"{name} is {value}; expected more than {low:g}, at most {high:g}"
                )
        self.limits()

    def limits(self) -> JointLimits:
        """Returns the joints' limits: the arm's own, narrowed by this configuration."""
        return arm_limits(
            self.model,
            low=self.low,
            high=self.high,
            velocity=self.velocity,
            acceleration=self.acceleration,
        )
