"""The scene: the spatial view of memory.

`SceneGraph.update` takes one observation through occupancy, frontiers, objects and snapshots.
The parts stand on their own: occupancy knows no objects, the snapshot cover knows no geometry.
"""
