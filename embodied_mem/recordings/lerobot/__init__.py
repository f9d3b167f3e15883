"""LeRobotDataset v3.0: recordings of robots, written while they drive, read and replayed."""

from embodied_mem.recordings.lerobot.repair import repair_recording as repair_recording
from embodied_mem.recordings.lerobot.writer import LeRobotWriter as LeRobotWriter
from embodied_mem.recordings.lerobot.writer import WriterConfig as WriterConfig

__all__ = ["LeRobotWriter", "WriterConfig", "repair_recording"]
