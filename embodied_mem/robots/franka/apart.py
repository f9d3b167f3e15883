"""An arm that is driven from another Python, which has franky-control."""

from dataclasses import replace
from pathlib import Path
from typing import Final, final

from embodied_mem.errors import MissingExtraError
from embodied_mem.robots.apart.interpreter import find_interpreter, variables_apart
from embodied_mem.robots.apart.other_end import HERE
from embodied_mem.robots.config import RobotConfig
from embodied_mem.robots.driver import RobotEvents, RobotInfo
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.info import franka_info
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.settings import write_config

INTERPRETER_VARIABLE: Final = "EMBODIED_MEM_FRANKA_PYTHON"
"""Names a Python that has franky-control, msgspec and pyzmq."""
VENV: Final = Path(".venv-franka") / "bin" / "python"
"""Made by `launch/setup-franka.sh`."""
GATE: Final = GateConfig(rate=50.0, forward=None, turn=None, zones=None, arm=ArmGateConfig())
"""How an arm's gate is set where nothing else is asked for."""


@final
class FrankaEnd:
    """Implements `OtherEnd` for an arm."""

    library = "franky-control"
    needs = "franky-control, numpy, msgspec and pyzmq (`bash launch/setup-franka.sh`)"
    patience = 30.0

    def __init__(self, config: FrankaConfig) -> None:
        self._config = config

    @property
    def info(self) -> RobotInfo:
        """What the arm is."""
        return franka_info(self._config)

    @property
    def joint_limits(self) -> JointLimits:
        """The arm's limits, narrowed by the configuration."""
        return self._config.limits()

    def interpreter(self) -> Path:
        """Finds a Python that has franky-control.

        Raises:
            BodyError: If the one asked for cannot be run.
            MissingExtraError: If none is found.
        """
        found = find_interpreter(self._config.python, INTERPRETER_VARIABLE, VENV)
        if found is None:
            what = "driving an arm of Franka Robotics (or run `make setup-franka`)"
            raise MissingExtraError(what, "franka")
        return found

    def variables(self, packages: Path) -> dict[str, str]:
        """Returns its environment: our package alone."""
        return variables_apart(packages)

    def robot(self, gate: GateConfig, joint_limits: JointLimits | None) -> RobotConfig:
        """Returns the arm; what concerns a base is left out of its gate."""
        return RobotConfig(
            driver="franka",
            gate=replace(gate, forward=None, turn=None, zones=None),
            joint_limits=joint_limits,
            options=write_config(replace(self._config, python=HERE)),
        )

    def events(self, events: RobotEvents) -> RobotEvents:
        """Returns what it is given: the link tells all that there is."""
        return events
