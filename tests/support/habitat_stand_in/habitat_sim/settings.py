"""Settings as compiled classes have them: what they do not know cannot be set."""

import enum


class SensorType(enum.Enum):
    COLOR = 1
    DEPTH = 2
    SEMANTIC = 4


class SimulatorConfiguration:
    __slots__ = (
        "allow_sliding",
        "create_renderer",
        "enable_physics",
        "gpu_device_id",
        "override_scene_light_defaults",
        "random_seed",
        "scene_dataset_config_file",
        "scene_id",
        "scene_light_setup",
    )

    def __init__(self):
        self.scene_dataset_config_file = "default"
        self.scene_id = ""
        self.random_seed = 0
        self.gpu_device_id = 0
        self.allow_sliding = True
        self.create_renderer = True
        self.enable_physics = False
        self.override_scene_light_defaults = False
        self.scene_light_setup = ""


class CameraSensorSpec:
    __slots__ = ("channels", "hfov", "position", "resolution", "sensor_type", "uuid")

    def __init__(self):
        self.uuid, self.sensor_type, self.channels = "", SensorType.COLOR, 4
        self.resolution, self.position, self.hfov = [128, 128], [0.0, 1.5, 0.0], 90.0


class Configuration:
    def __init__(self, sim_cfg, agents):
        self.sim_cfg, self.agents = sim_cfg, agents
