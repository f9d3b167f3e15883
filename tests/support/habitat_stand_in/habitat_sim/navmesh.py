"""A navmesh of cells: columns of voxels, walkable where an upward face has headroom."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from habitat_sim.vector import Vector3

_LAYERS = 6


class PathFinder:
    def __init__(self):
        self.is_loaded = False
        self._rng = np.random.default_rng(0)

    def seed(self, seed):
        self._rng = np.random.default_rng(seed)

    def build(self, triangles, settings):
        """Voxels of the triangles, walkable cells, and the graph over them."""
        self._cell, self._rise = settings.cell_size, settings.cell_height
        self._climb = settings.agent_max_climb
        self._low = triangles.reshape(-1, 3).min(axis=0)
        self._high = triangles.reshape(-1, 3).max(axis=0)
        solid, top = self._voxels(triangles)
        headroom = int(np.ceil(settings.agent_height / self._rise))
        walkable = top.copy()
        for up in range(1, headroom + 1):
            walkable[:, :, :-up] &= ~solid[:, :, up:]
        self._nodes = np.argwhere(walkable)
        graph = self._graph()
        degree = np.diff(graph.indptr)
        border = np.flatnonzero(degree < 8)
        reach = settings.agent_radius
        away = dijkstra(graph, indices=border, min_only=True, limit=reach)
        self._nodes = self._nodes[away >= reach]
        self._walk = self._graph()
        self._lookup = {(i, j): [] for i, j, _ in self._nodes.tolist()}
        for number, (i, j, _) in enumerate(self._nodes.tolist()):
            self._lookup[i, j].append(number)
        _, self._island = connected_components(self._walk, directed=False)
        self.is_loaded = len(self._nodes) > 0

    def get_bounds(self):
        heights = self._points()[:, 1]
        return (
            Vector3(self._low[0], heights.min(), self._low[2]),
            Vector3(self._high[0], heights.max(), self._high[2]),
        )

    def get_random_navigable_point(self):
        return self._points()[self._rng.integers(len(self._nodes))].astype(np.float32)

    def island_radius(self, point):
        own = self._points()[self._island == self._island[self._nearest(point)]]
        return float(np.linalg.norm(own - own.mean(axis=0), axis=1).max())

    def snap_point(self, point):
        at = np.asarray(point, float)
        number = self._nearest(at)
        found = self._points()[number]
        half = self._cell / 2
        x, z = (np.clip(at[k], found[k] - half, found[k] + half) for k in (0, 2))
        return Vector3(x, found[1], z)

    def try_step(self, start, end):
        return self._step(start, end, sliding=True)

    def try_step_no_sliding(self, start, end):
        return self._step(start, end, sliding=False)

    def find_path(self, path):
        start, goal = self._nearest(path.requested_start), self._nearest(path.requested_end)
        away, before = dijkstra(self._walk, indices=start, return_predecessors=True)
        path.geodesic_distance = float(away[goal])
        if not np.isfinite(away[goal]):
            return False
        points, here = [], goal
        while here >= 0:
            points.append(Vector3(*self._points()[here]))
            here = before[here]
        path.points = points[::-1]
        return True

    # -- inside --------------------------------------------------------------------------------

    def _voxels(self, triangles):
        size = np.ceil((self._high - self._low) / [self._cell, self._rise, self._cell]).astype(int)
        shape = (size[0] + 1, size[2] + 1, size[1] + 2)
        solid, top = np.zeros(shape, bool), np.zeros(shape, bool)
        normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
        length = np.linalg.norm(normal, axis=1)
        upward = normal[:, 1] > np.cos(np.pi / 4) * length
        edges = triangles[:, 1:] - triangles[:, :1]
        counts = np.ceil(np.linalg.norm(edges, axis=2) / (self._cell / 2)) + 1
        counts = 2 ** np.ceil(np.log2(counts)).astype(int)  # few sizes, many triangles of each
        for pair in np.unique(counts, axis=0):
            own = (counts == pair).all(axis=1)
            u, v = np.meshgrid(*(np.linspace(0, 1, n + 1) for n in pair), indexing="ij")
            inside = u + v <= 1 + 1e-9
            weights = np.stack([u[inside], v[inside]], axis=1)
            points = triangles[own, None, 0] + weights @ edges[own]
            steps = (points - self._low) / [self._cell, self._rise, self._cell]
            i, k, j = np.moveaxis(np.floor(steps + 1e-6).astype(int), -1, 0)
            solid[i, j, k] = True
            up = upward[own]
            top[i[up], j[up], k[up]] = True
        return solid, top

    def _points(self):
        i, j, k = self._nodes.T
        # One cell above what it stands for, as Recast leaves it.
        return np.stack(
            [
                self._low[0] + (i + 0.5) * self._cell,
                self._low[1] + (k + 1) * self._rise,
                self._low[2] + (j + 0.5) * self._cell,
            ],
            axis=1,
        )

    def _graph(self):
        """Neighbours within a climb, weighted by their distance on the plan."""
        shape = self._nodes.max(axis=0) + 2
        key = np.full((shape[0] + 1, shape[1] + 1, _LAYERS), -1)
        height = np.full(key.shape, np.inf)
        layer = np.zeros(shape[:2] + 1, int)
        for number, (i, j, k) in enumerate(self._nodes.tolist()):
            if layer[i, j] < _LAYERS:
                key[i, j, layer[i, j]], height[i, j, layer[i, j]] = number, k
                layer[i, j] += 1
        i, j, k = self._nodes.T
        rows, columns, weights = [], [], []
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                if di == dj == 0:
                    continue
                other = height[i + di, j + dj]
                steps = np.abs(other - k[:, None])
                best = steps.argmin(axis=1)
                here = np.arange(len(i))
                near = steps[here, best] * self._rise <= self._climb + 1e-9
                rows.append(here[near])
                columns.append(key[i + di, j + dj][here, best][near])
                weights.append(np.full(near.sum(), self._cell * np.hypot(di, dj)))
        entries = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_matrix(entries, shape=(len(i), len(i)))

    def _nearest(self, point):
        return int(np.linalg.norm(self._points() - np.asarray(point, float), axis=1).argmin())

    def _node_at(self, x, z, height):
        """The node of a column within a climb of a height, None where there is none."""
        i, j = (
            int(np.floor((v - low) / self._cell))
            for v, low in ((x, self._low[0]), (z, self._low[2]))
        )
        near = [
            (abs(self._low[1] + (self._nodes[n][2] + 1) * self._rise - height), n)
            for n in self._lookup.get((i, j), [])
        ]
        return min(near)[1] if near and min(near)[0] <= self._climb + 1e-6 else None

    def _step(self, start, end, *, sliding):
        here, goal = np.array(start, float), np.array(end, float)
        count = max(int(np.ceil(np.linalg.norm(goal - here) / (self._cell / 2))), 1)
        move = (goal - here) / count
        for _ in range(count):
            ways = [(move[0], move[2])]
            if sliding:
                ways += sorted([(move[0], 0.0), (0.0, move[2])], key=lambda way: -np.hypot(*way))
            for dx, dz in ways:
                node = self._node_at(here[0] + dx, here[2] + dz, here[1])
                if node is not None:
                    height = self._low[1] + (self._nodes[node][2] + 1) * self._rise
                    here = np.array([here[0] + dx, height, here[2] + dz])
                    break
        return here.astype(np.float32)
