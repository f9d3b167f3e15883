"""Whether questions are answered over the wire as they are inside the simulator."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from embodied_mem.errors import BodyError
from embodied_mem.robots.ros2.environment import ros_interpreter
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem_envs.evaluation.over_wire import OverWire, explore_over_wire
from embodied_mem_envs.robot_peer.wire_log import read_log

_SEEDS = (1, 2, 7)
_QUESTIONS = 40


def bench_answers(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Explores houses in the simulator and by a robot over DDS, and asks all memories the same.

    The brain's end is rclpy for the first house and Cyclone DDS for the others; without rclpy it is
    Cyclone for all.

    Returns:
        `answers_simulator`, `answers_wire`: shares answered right; `answers_asked`: how many;
        `wire_explored`: share of the houses that were explored to the end; `wire_out_of_limits`:
        commands beyond a limit that the robots received.
    """
    visits: list[OverWire] = []
    excess = 0
    for number, seed in enumerate(_SEEDS[: 1 if quick else None]):
        driver = "ros2" if number == 0 and _has_rclpy() else "dds"
        note(f"house {seed} over the wire, brain on {driver}")
        with tempfile.TemporaryDirectory() as folder:
            visit = explore_over_wire(Path(folder), seed=seed, questions=_QUESTIONS, driver=driver)
            excess += read_log(visit.log).worst_excess(GateConfig()).count
        visits.append(visit)
    simulated = [one for visit in visits for one in visit.simulated]
    wired = [one for visit in visits for one in visit.wired]
    return {
        "answers_simulator": OverWire.share_right(simulated),
        "answers_wire": OverWire.share_right(wired),
        "answers_asked": float(len(wired)),
        "wire_explored": sum(visit.metrics["explored_all"] for visit in visits) / len(visits),
        "wire_out_of_limits": float(excess),
    }


def _has_rclpy() -> bool:
    try:
        ros_interpreter()
    except BodyError:
        return False
    return True
