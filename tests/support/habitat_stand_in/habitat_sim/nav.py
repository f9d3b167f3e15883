"""Settings and results of the navmesh."""

import numpy as np


class NavMeshSettings:
    __slots__ = ("agent_height", "agent_max_climb", "agent_radius", "cell_height", "cell_size")

    def __init__(self):
        self.set_defaults()

    def set_defaults(self):
        self.cell_size, self.cell_height = 0.05, 0.2
        self.agent_height, self.agent_radius, self.agent_max_climb = 1.5, 0.1, 0.2


class ShortestPath:
    __slots__ = ("geodesic_distance", "points", "requested_end", "requested_start")

    def __init__(self):
        self.requested_start = self.requested_end = np.zeros(3, np.float32)
        self.points, self.geodesic_distance = [], float("inf")
