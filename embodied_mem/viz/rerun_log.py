"""A recording for the Rerun viewer: what was seen and what was made of it, on one timeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.memory.facts import FrontierFact, ObjectFact
from embodied_mem.types import Observation
from embodied_mem.viz.map_layers import FRONTIER, OCCUPIED, PATH_LATE, VIEW
from embodied_mem.viz.palette import colour_of, tint
from embodied_mem.viz.point_map import PointMap, frame_points
from embodied_mem.viz.reading import FloorMap, SnapshotEntry, describe, encode_rgb
from embodied_mem.viz.recording import open_recording

TIMELINE = "tick"
_JPEG_QUALITY = 80
_POINT_STRIDE = 5
_MILLIMETRES = 1000.0
_ONE_FLOOR: Mapping[int, float] = {0: 0.0}


@final
class RerunLog:
    """Writes a `.rrd` file, entity by entity.

    `world/camera` holds pose, picture and depth of the frame, `world/points` the point map
    as it grows, `world/objects`, `world/snapshots`, `world/frontiers`, `world/path` and
    `world/occupancy` the scene. All lie on the timeline `tick`.
    """

    def __init__(self, path: Path) -> None:
        """Opens the recording.

        Raises:
            MissingExtraError: If rerun is not installed.
        """
        self._rr, self._stream = open_recording(path, self._blueprint)
        self._shown: set[str] = set()
        self._points = PointMap()
        self._batches = 0

    def __enter__(self) -> "RerunLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _blueprint(self) -> Any:
        from rerun import blueprint as view

        pictures = view.Vertical(
            view.Spatial2DView(origin="world/camera", name="camera", contents="$origin/rgb"),
            view.Spatial2DView(origin="world/camera", name="depth", contents="$origin/depth"),
        )
        scene = view.Spatial3DView(
            origin="world", name="scene", contents=["+ $origin/**", "- $origin/camera/depth"]
        )
        return view.Blueprint(view.Horizontal(scene, pictures, column_shares=[3, 1]))

    def log_frame(self, observation: Observation) -> None:
        """Logs one frame: camera with pose, picture and depth, body, and its points."""
        rr = self._rr
        self._stream.set_time(TIMELINE, sequence=observation.tick)
        camera = observation.intrinsics
        self._log_pose("world/camera", observation.T_world_camera)
        self._log_pose("world/body", observation.T_world_body)
        pinhole = rr.Pinhole(
            image_from_camera=camera.matrix,
            resolution=(camera.width, camera.height),
            camera_xyz=rr.ViewCoordinates.RDF,
            image_plane_distance=0.4,
        )
        self._stream.log("world/camera", pinhole)
        jpeg = encode_rgb(observation.rgb, ".jpg", cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
        picture = rr.EncodedImage(contents=jpeg, media_type="image/jpeg")
        self._stream.log("world/camera/rgb", picture)
        millimetres = np.clip(np.nan_to_num(observation.depth) * _MILLIMETRES, 0, 65535)
        depth = rr.DepthImage(millimetres.astype(np.uint16), meter=_MILLIMETRES)
        self._stream.log("world/camera/depth", depth)
        self._points.add(*frame_points(observation, _POINT_STRIDE))
        self._log_points(all_of_them=False)

    def _log_points(self, *, all_of_them: bool) -> None:
        batch = self._points.take(all_of_them=all_of_them)
        if batch is not None:
            # A path of its own for each batch: the points stay when the time moves on.
            cloud = self._rr.Points3D(batch[0], colors=batch[1], radii=0.014)
            self._stream.log(f"world/points/{self._batches:05d}", cloud)
            self._batches += 1

    def _log_pose(self, entity: str, pose: ArrayLike) -> None:
        matrix = np.asarray(pose)
        transform = self._rr.Transform3D(translation=matrix[:3, 3], mat3x3=matrix[:3, :3])
        self._stream.log(entity, transform)

    def log_scene(
        self,
        *,
        tick: int,
        objects: Sequence[ObjectFact] = (),
        snapshots: Sequence[SnapshotEntry] = (),
        frontiers: Sequence[FrontierFact] = (),
        path: ArrayLike = (),
        floors: Sequence[FloorMap] = (),
        heights: Mapping[int, float] = _ONE_FLOOR,
    ) -> None:
        """Logs the state of the scene; what is no longer given disappears from here on.

        Args:
            tick: When it was so.
            objects: Boxes with their labels, in the objects' own colours.
            snapshots: Poses with their pictures; a picture is logged when it first appears.
            frontiers: Edges of the known, as arrows into the unknown.
            path: (N, 2) way walked so far, metres; (N, 3) with the heights of the floors.
            floors: Occupancy, laid on the floor.
            heights: World height of each floor where there are several, metres.
        """
        self._stream.set_time(TIMELINE, sequence=tick)
        self._log_objects(objects)
        self._log_snapshots(snapshots)
        self._log_frontiers(frontiers, heights)
        line = np.asarray(path, dtype=np.float32)
        line = line.reshape(-1, line.shape[-1] if line.ndim == 2 else 2)
        height = line[:, 2:3] if line.shape[1] == 3 else np.zeros((len(line), 1), np.float32)
        raised = np.column_stack([line[:, :2], height + np.float32(0.03)])
        strips = self._rr.LineStrips3D([raised] if len(line) > 1 else [], colors=PATH_LATE)
        self._stream.log("world/path", strips)
        for floor in floors:
            self._log_floor(floor)

    def _log_objects(self, objects: Sequence[ObjectFact]) -> None:
        present = [fact for fact in objects if fact.state != "missing"]
        if not present:
            self._stream.log("world/objects", self._rr.Clear(recursive=False))
            return
        boxes = self._rr.Boxes3D(
            mins=[fact.box_min for fact in present],
            sizes=[fact.size for fact in present],
            colors=[colour_of(fact.colour) for fact in present],
            labels=[describe(fact) for fact in present],
        )
        self._stream.log("world/objects", boxes)

    def _log_snapshots(self, snapshots: Sequence[SnapshotEntry]) -> None:
        current = {entry.record.id for entry in snapshots}
        for gone in sorted(self._shown - current):
            self._stream.log(f"world/snapshots/{gone}", self._rr.Clear(recursive=True))
            self._shown.discard(gone)
        for entry in snapshots:
            if entry.record.pose is None or entry.record.id in self._shown:
                continue
            self._shown.add(entry.record.id)
            self._log_snapshot(entry)

    def _log_snapshot(self, entry: SnapshotEntry) -> None:
        assert entry.record.pose is not None
        rr, entity = self._rr, f"world/snapshots/{entry.record.id}"
        x, y, z, qw, qx, qy, qz = entry.record.pose
        turn = rr.Quaternion(xyzw=(qx, qy, qz, qw))
        self._stream.log(entity, rr.Transform3D(translation=(x, y, z), quaternion=turn))
        fact = entry.fact
        # A snapshot does not keep its camera's focal length; this one looks right.
        frustum = rr.Pinhole(
            focal_length=fact.width / 2,
            width=fact.width,
            height=fact.height,
            camera_xyz=rr.ViewCoordinates.RDF,
            image_plane_distance=0.25,
            color=VIEW,
        )
        self._stream.log(entity, frustum)
        if entry.record.payload:
            picture = rr.EncodedImage(contents=entry.encoded, media_type="image/jpeg")
            self._stream.log(f"{entity}/picture", picture)

    def _log_frontiers(
        self, frontiers: Sequence[FrontierFact], heights: Mapping[int, float]
    ) -> None:
        if not frontiers:
            self._stream.log("world/frontiers", self._rr.Clear(recursive=False))
            return
        origins = [(*fact.centroid, heights.get(fact.floor, 0.0) + 0.1) for fact in frontiers]
        vectors = [(0.5 * fact.direction[0], 0.5 * fact.direction[1], 0.0) for fact in frontiers]
        labels = [f"{fact.frontier_id}: {fact.length:.1f} m" for fact in frontiers]
        arrows = self._rr.Arrows3D(
            origins=origins, vectors=vectors, colors=FRONTIER, labels=labels, show_labels=False
        )
        self._stream.log("world/frontiers", arrows)

    def _log_floor(self, floor: FloorMap) -> None:
        """Cells as flat boxes would be many; as points of a cell's size they are cheap."""
        for name, code, colour, height in (
            ("free", 1, tint(0), 0.0),
            ("occupied", 2, OCCUPIED, 0.02),
        ):
            row, column = np.nonzero(floor.grid == code)
            cell = floor.fact.cell
            centres = np.column_stack([column, row, np.zeros(len(row))]) * cell + cell / 2
            centres += np.array([*floor.fact.origin, floor.height + height - cell / 2])
            points = self._rr.Points3D(centres.astype(np.float32), colors=colour, radii=cell / 2)
            self._stream.log(f"world/occupancy/{floor.fact.floor}/{name}", points)

    def close(self) -> None:
        """Writes what is left and closes the file; the log takes nothing afterwards."""
        self._log_points(all_of_them=True)
        self._stream.flush()
        self._stream.disconnect()
