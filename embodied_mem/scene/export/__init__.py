"""Meshes and point clouds of what a memory holds.

>>> from embodied_mem.scene.export import category_colour
>>> category_colour("chair") == category_colour("chair")
True
"""

from embodied_mem.scene.export.colours import category_colour
from embodied_mem.scene.export.files import write_points, write_triangles
from embodied_mem.scene.export.memory_mesh import MeshReport, export_mesh, write_cloud, write_mesh
from embodied_mem.scene.export.triangles import Mesh

__all__ = [
    "Mesh",
    "MeshReport",
    "category_colour",
    "export_mesh",
    "write_cloud",
    "write_mesh",
    "write_points",
    "write_triangles",
]
