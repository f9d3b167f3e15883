"""URDF texts for PyBullet: a thing out of parts, the standing cell, a drawer, and the arm."""

import hashlib
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from scipy.spatial import ConvexHull

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.meshes import data_folder, fitted_hulls
from embodied_mem_envs.tabletop.parts import Part, Triple

PANDA = "franka_panda/panda.urdf"
MARGIN = 0.001
"""By so much PyBullet inflates cylinders and hulls, m; they are written smaller by it."""
PADS = (
    ((0.0176, 0.0142, 0.0350), (0.0, 0.0071, 0.0363)),
    ((0.0210, 0.0230, 0.0190), (0.0, 0.0145, 0.0098)),
)
"""Boxes (size, middle) that a finger of the Panda is made of, in the frame of the left finger: two
boxes press flat on flat things where the hulls of PyBullet's file would wobble."""


class Workshop:
    """Writes shapes into a folder of its own that ends with the process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="embodied_mem_tabletop_")

    def urdf(self, text: str) -> str:
        """Writes a URDF once and returns its path."""
        return str(self._written(text, "urdf"))

    def thing(self, name: str, parts: Sequence[Part], mass: float) -> str:
        """Returns the path of the URDF of one rigid body."""
        return self.urdf(f'<robot name="{name}">{self.link(name, parts, mass)}</robot>')

    def link(self, name: str, parts: Sequence[Part], mass: float) -> str:
        """Returns the XML of one link, its middle of mass at its origin."""
        shapes = "".join(self._collision(part) for part in parts if part.solid)
        return (
            f'<link name="{name}"><inertial><mass value="{mass}"/>'
            '<inertia ixx="1e-4" ixy="0" ixz="0" iyy="1e-4" iyz="0" izz="1e-4"/></inertial>'
            f"{shapes}</link>"
        )

    def _collision(self, part: Part) -> str:
        width, depth, height = part.size
        if part.shape == "box":
            return _element(part.at, part.turn, f'<box size="{width} {depth} {height}"/>')
        if part.shape == "cylinder":
            slim, low = 0.5 * width - MARGIN, height - 2 * MARGIN
            shape = f'<cylinder radius="{slim}" length="{low}"/>'
            return _element(part.at, part.turn, shape)
        if part.shape == "ball":
            return _element(part.at, part.turn, f'<sphere radius="{0.5 * width}"/>')
        hulls = (
            [np.array(part.points)] if part.shape == "hull" else fitted_hulls(part.file, part.size)
        )
        meshes = (f'<mesh filename="{self._hull(points)}"/>' for points in hulls)
        return "".join(_element(part.at, part.turn, mesh) for mesh in meshes)

    def _hull(self, points: Float64Array) -> Path:
        low, high = points.min(axis=0), points.max(axis=0)
        middle, size = 0.5 * (low + high), high - low
        points = middle + (points - middle) * (1.0 - 2 * MARGIN / np.maximum(size, 4 * MARGIN))
        hull = ConvexHull(points)
        number = {vertex: k + 1 for k, vertex in enumerate(hull.vertices.tolist())}
        lines = [f"v {x:.7f} {y:.7f} {z:.7f}" for x, y, z in points[hull.vertices].tolist()]
        lines += [f"f {number[a]} {number[b]} {number[c]}" for a, b, c in hull.simplices.tolist()]
        return self._written("\n".join(lines) + "\n", "obj")

    def _written(self, text: str, ending: str) -> Path:
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        path = Path(self._folder.name) / f"{name}.{ending}"
        if not path.exists():
            path.write_text(text)
        return path


@lru_cache(maxsize=1)
def workshop() -> Workshop:
    """Returns the process's only workshop."""
    return Workshop()


def arm_urdf() -> str:
    """Returns the path of the Panda as physics needs it: nothing to draw, fingers out of boxes."""
    folder = (data_folder() / PANDA).parent
    root = ElementTree.parse(data_folder() / PANDA).getroot()
    for link in root.iter("link"):
        for tag in ("visual", "contact"):
            for element in link.findall(tag):
                link.remove(element)
        for mesh in link.iter("mesh"):
            mesh.set("filename", str(folder / mesh.get("filename", "").removeprefix("package://")))
        side = {"panda_leftfinger": 1.0, "panda_rightfinger": -1.0}.get(link.get("name", ""))
        if side is not None:
            for element in link.findall("collision"):
                link.remove(element)
            for size, (x, y, z) in PADS:
                link.append(_box_element(size, (x, side * y, z)))
    return workshop().urdf(ElementTree.tostring(root, encoding="unicode"))


def drawer_urdf(name: str, parts: Sequence[Part], mass: float, travel: float) -> str:
    """Returns the path of a drawer that slides along -x of a fixed point, open at `travel`."""
    joint = (
        '<joint name="slide" type="prismatic"><parent link="rail"/>'
        f'<child link="{name}"/><axis xyz="-1 0 0"/>'
        f'<limit effort="100" velocity="2" lower="0" upper="{travel}"/></joint>'
    )
    rail = (
        '<link name="rail"><inertial><mass value="0"/>'
        '<inertia ixx="0" ixy="0" ixz="0" iyy="0" iyz="0" izz="0"/></inertial></link>'
    )
    link = workshop().link(name, parts, mass)
    return workshop().urdf(f'<robot name="{name}">{rail}{link}{joint}</robot>')


def _element(at: Triple, turn: Triple, geometry: str) -> str:
    origin = f'<origin xyz="{_words(at)}" rpy="{_words(turn)}"/>'
    return f"<collision>{origin}<geometry>{geometry}</geometry></collision>"


def _box_element(size: Triple, at: Triple) -> ElementTree.Element:
    return ElementTree.fromstring(_element(at, (0.0, 0.0, 0.0), f'<box size="{_words(size)}"/>'))


def _words(values: Triple) -> str:
    return " ".join(f"{value:.9g}" for value in values)
