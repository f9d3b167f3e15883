"""Where one memory's frame lies in another's, so that it can be moved there and be merged."""

import numpy as np
from scipy.spatial import KDTree

from embodied_mem.scene.registration.align import Alignment, Refusal, refine
from embodied_mem.scene.registration.clouds import inverse_of
from embodied_mem.scene.registration.map_cloud import MapCloud
from embodied_mem.scene.registration.relocaliser import RelocaliserConfig
from embodied_mem.scene.registration.search import SliceMap, same_place
from embodied_mem.scene.registration.verdict import Evidence, objections, weigh

__all__ = ["register_maps"]


def register_maps(
    theirs: MapCloud, ours: MapCloud, config: RelocaliserConfig | None = None
) -> Alignment | Refusal:
    """Lays the geometry of one memory over that of another, or refuses.

    What is free in either must not be filled in the other. Memories that share too little are
    refused: as a rule, most of the smaller one must lie in what the larger one knows.

    Args:
        theirs: What is to be moved, in its own frame.
        ours: What stays, in its own.
        config: Steps and thresholds of a `Relocaliser`.

    Returns:
        The alignment, whose T maps their frame to ours, or why not.

    Raises:
        MissingExtraError: If Open3D is not there.
    """
    config = config or RelocaliserConfig()
    source = theirs.cloud.thinned(config.voxel)
    if not len(source) or not len(ours.cloud):
        return Refusal(reasons=("one of the memories keeps no geometry",))
    tree, back = KDTree(ours.cloud.points), KDTree(source.points)
    places = [
        place
        for height in ours.heights
        for place in SliceMap(ours.cloud, config.search, floor=height).search(
            source, floor=theirs.heights[0]
        )
    ]
    middle = np.asarray(source.points.mean(axis=0), np.float64)
    tried: list[tuple[Alignment, Evidence]] = []
    for place in sorted(places, key=lambda place: -place.score)[: config.search.places]:
        found = refine(source, ours.cloud, place.T, config.align, tree=tree)
        if any(same_place(one.T, found.T, at=middle) for one, _ in tried):
            continue
        forth = weigh(source, (), ours, tree, found, voxel=config.voxel)
        tried.append((found, _worse(forth, _backward(theirs, ours, found, back, config))))
    if not tried:
        return Refusal(reasons=("nothing in the two looks alike",))
    tried.sort(key=lambda one: -one[1].merit)
    best, evidence = tried[0]
    reasons = objections(evidence, config.verdict)
    for other, weighed in tried[1:]:
        if not objections(weighed, config.verdict, doubt=config.verdict.doubt):
            away = float(np.linalg.norm((other.T - best.T)[:3] @ [*middle, 1.0]))
            reasons.append(f"a place {away:.1f} m away looks alike and is not ruled out")
    return Refusal(reasons=tuple(reasons), best=best) if reasons else best


def _backward(
    theirs: MapCloud, ours: MapCloud, found: Alignment, back: KDTree, config: RelocaliserConfig
) -> Evidence:
    """Weighs our surfaces as they lie in their map."""
    reverse = Alignment(
        T=inverse_of(found.T),
        fitness=found.fitness,
        rmse=found.rmse,
        pairs=found.pairs,
        information=found.information,
        centre=found.centre,
        tilt=found.tilt,
    )
    thin = MapCloud(
        cloud=theirs.cloud.thinned(config.voxel),
        voxel=config.voxel,
        floors=theirs.floors,
        heights=theirs.heights,
    )
    return weigh(ours.cloud, (), thin, back, reverse, voxel=config.voxel)


def _worse(forth: Evidence, back: Evidence) -> Evidence:
    """Returns the evidence forth, with the worse of the two for what stands on free floor."""
    return Evidence(
        area=forth.area,
        known=max(forth.known, back.known),
        explained=min(forth.explained, back.explained),
        through=forth.through,
        intruding=max(forth.intruding, back.intruding),
        tilt=forth.tilt,
        sigma=forth.sigma,
    )
