"""Communities of a small graph: parts that are linked within more than between."""

import numpy as np

from embodied_mem.types import Float64Array, Int64Array


def communities(links: Float64Array, resolution: float) -> Int64Array:
    """Divides a graph by the constant Potts model, greedily: the best pair is joined, while any is.

    Joining two parts of m and n nodes gains the links between them less resolution * m * n (Traag,
    Van Dooren and Nesterov 2011, "Narrow scope for resolution-limit-free community detection",
    section III; unlike modularity it finds the same parts whatever the size of the rest). Of equal
    gains the first pair counts, so the same graph gives the same parts. Takes O(n^3); n is meant to
    be a few hundred.

    Args:
        links: (n, n) weights, symmetric, not negative, 0 on the diagonal.
        resolution: Least density of links between two parts that are joined.

    Returns:
        (n,) number of the part of each node: that of its first node. A node without links is a
        part by itself.

    >>> two = np.kron(np.eye(2), 1 - np.eye(3))
    >>> two[2, 3] = two[3, 2] = 1
    >>> communities(two, 0.2).tolist()
    [0, 0, 0, 3, 3, 3]
    """
    parts, between = np.arange(len(links)), np.triu(links, 1)
    size = np.ones(len(links))
    while between.any():
        gain = np.where(between > 0.0, between - resolution * np.outer(size, size), -np.inf)
        into, gone = divmod(int(gain.argmax()), len(links))
        if gain[into, gone] <= 0.0:
            break
        joined = between[gone] + between[:, gone]
        between[gone] = between[:, gone] = 0.0
        joined[into] = 0.0
        between[into, into + 1 :] += joined[into + 1 :]
        between[:into, into] += joined[:into]
        size[into] += size[gone]
        parts[parts == gone] = into
    return parts
