"""Agents: a pose at the feet and the poses of the sensors."""

import numpy as np


class AgentConfiguration:
    def __init__(self):
        self.height, self.radius, self.sensor_specifications = 1.5, 0.1, []


class SixDOFPose:
    def __init__(self, position, rotation):
        self.position, self.rotation = position, rotation
        _check(self)


class AgentState:
    def __init__(self):
        self.position, self.rotation = np.zeros(3), [0.0, 0.0, 0.0, 1.0]
        self.sensor_states = {}


class Agent:
    """Keeps where its sensors are; does not snap to the navmesh."""

    def __init__(self, config):
        self.config, self.state, self.sensors = config, AgentState(), {}

    def set_state(self, state, reset_sensors=True, infer_sensor_states=True, is_initial=False):
        _check(state)
        self.state = state
        turn = matrix(state.rotation)
        for spec in self.config.sensor_specifications:
            place = np.asarray(state.position, float) + turn @ np.asarray(spec.position, float)
            if reset_sensors:
                self.sensors[spec.uuid] = (place, turn)
        if not infer_sensor_states:
            for name, pose in state.sensor_states.items():
                assert name in {spec.uuid for spec in self.config.sensor_specifications}
                assert isinstance(pose.rotation, list)
                self.sensors[name] = (np.asarray(pose.position, float), matrix(pose.rotation))


def matrix(coefficients):
    """Rotation of x, y, z, w."""
    x, y, z, w = coefficients
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _check(pose):
    if not np.isfinite(pose.position).all():
        raise ValueError("position is not finite")
    if not np.isclose(np.linalg.norm(pose.rotation), 1.0, rtol=1e-4, atol=0):
        raise ValueError("rotation is no unit quaternion")
