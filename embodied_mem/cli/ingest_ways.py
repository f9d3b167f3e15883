"""What takes a recording in: the memory alone, with moments, or with geometry to find it by."""

from typing import TYPE_CHECKING, Protocol, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from embodied_mem.brain.hippocampus import Hippocampus
    from embodied_mem.cli.ingest import Ingest
    from embodied_mem.scene.export.fusion import FusedMesh
    from embodied_mem.scene.registration.map_cloud import MapCloud
    from embodied_mem.types import Float64Array, Observation


class Takes(Protocol):
    """Takes observations in."""

    def observe(self, observation: "Observation", /) -> object:
        """Takes one observation in."""
        ...

    def consolidate(self) -> None:
        """Brings every record up to date."""
        ...


@final
class WayIn:
    """The memory and whatever else takes in the frames of a recording.

    Args:
        flags: Say what.
        hippocampus: Remembers.
        T_map_recording: (4, 4): to where frames are told, see `find_beginning`; None as they are.

    Raises:
        ConfigError: If flags do not go together.
        MissingExtraError: If Open3D is needed and not there.
    """

    def __init__(
        self,
        flags: "Ingest",
        hippocampus: "Hippocampus",
        T_map_recording: "Float64Array | None" = None,
    ) -> None:
        self._T = T_map_recording
        self._memory = _memory(flags, hippocampus)
        self._mesh_path = flags.mesh
        self._mesh = None if flags.mesh is None else _fused_mesh()

    def observe(self, observation: "Observation") -> None:
        """Takes one frame in."""
        if self._T is not None:
            observation = observation.told_in(self._T)
        self._memory.observe(observation)
        if self._mesh is not None:
            self._mesh.add(observation)

    def consolidate(self) -> None:
        """Brings all records up to date, and writes the mesh."""
        self._memory.consolidate()
        if self._mesh is not None and self._mesh_path is not None:
            mesh = self._mesh.write(self._mesh_path)
            print(f"mesh: {self._mesh_path} ({len(mesh.faces)} triangles)")


def _fused_mesh() -> "FusedMesh":
    from embodied_mem.scene.export.fusion import FusedMesh

    return FusedMesh()


def _memory(flags: "Ingest", hippocampus: "Hippocampus") -> Takes:
    if flags.moments:
        if flags.geometry or flags.relocalise:
            raise ConfigError("--moments goes without --geometry and --relocalise")
        from embodied_mem.allocation import make_allocator
        from embodied_mem.brain.remember.moments import MomentMemory

        allocator = make_allocator(flags.allocator)
        return MomentMemory(hippocampus, size=flags.moments, allocator=allocator)
    if not (flags.geometry or flags.relocalise):
        return hippocampus
    from embodied_mem.scene.registration.keeping import GeometryMemory

    return GeometryMemory(hippocampus)


def find_beginning(flags: "Ingest") -> "Float64Array | None":
    """Finds where the recording began in the earlier memory, before anything of that is touched.

    Returns:
        (4, 4): maps points of the recording's world to the remembered one; None where it was not
        asked for.

    Raises:
        ConfigError: If the earlier memory keeps no geometry, or nobody can tell where it was.
        MissingExtraError: If Open3D is not there.
    """
    if not flags.relocalise:
        return None
    from embodied_mem.recordings import open_recording
    from embodied_mem.scene.registration.relocaliser import Located, Relocaliser

    relocaliser = Relocaliser(_remembered(flags.resume))
    found = relocaliser.locate(open_recording(flags.recording, flags.layout))
    if not isinstance(found, Located):
        raise ConfigError(
            "it is not sure where this recording began, and nothing of it was taken in: "
            + "; ".join(found.reasons)
        )
    x, y, z = found.T_map_odometry[:3, 3]
    turn = np.degrees(np.arctan2(found.T_map_odometry[1, 0], found.T_map_odometry[0, 0]))
    print(f"the recording's origin lies at ({x:.2f}, {y:.2f}, {z:.2f}) m, turned by {turn:.1f} deg")
    return found.T_map_odometry


def _remembered(earlier: "Path | None") -> "MapCloud":
    from embodied_mem.scene.registration.map_record import read_map

    known = None
    if earlier is not None:
        with MemoryStore.read(earlier) as store:
            known = read_map(store)
    if known is None:
        raise ConfigError(
            "--relocalise needs --resume MEMORY, of a visit that was taken in with --geometry"
        )
    remembered, T_world_cloud = known
    if not np.allclose(T_world_cloud, np.eye(4), atol=1e-9):
        raise ConfigError(
            f"{earlier} was moved to another frame since; move it back with "
            "`inspect --migrate`, or take the first visit in again"
        )
    return remembered
