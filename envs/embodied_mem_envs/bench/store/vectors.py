"""What the arena and the search over sign planes cost: part of `bench store`.

Searches are timed as CPU time of this process on one thread, ours and the peer's in turns. Recall
counts a result as right when no exact result that is missing is better than it.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.memory.codec.planes import encode_vectors
from embodied_mem.memory.search.popcount import Kernel, numpy_kernel, simsimd_kernel
from embodied_mem.memory.search.vectors import PlaneScan
from embodied_mem.memory.storage.arena import Arena
from embodied_mem.memory.storage.folder import DiskFile
from embodied_mem.types import Float32Array, Int64Array, UInt8Array
from embodied_mem_envs.bench.scene import resident_mb
from embodied_mem_envs.bench.store.embedded import embedded_sentences

Note = Callable[[str], None]
Search = Callable[[Float32Array], Int64Array]

_K: Final = 10
_QUERIES: Final = 200
_TURN: Final = 10
"""Queries asked of one side before the other has its turn."""
_CHUNK: Final = 50_000
_TIE: Final = 1e-6


def bench_vectors(*, quick: bool, note: Note = print) -> dict[str, float]:
    """Measures everything and returns metrics by name."""
    metrics = arena_figures(rows=20_000 if quick else 100_000, note=note)
    queries = 60 if quick else _QUERIES
    metrics |= _named("100k", clustered(100_000, queries, seed=1), queries, note)
    count = 3_000 if quick else 20_000
    metrics |= _named("minilm", embedded_sentences(count + queries, note), queries, note)
    if not quick:
        metrics |= _named("1m", clustered(1_000_000, 50, seed=2), 50, note)
    metrics["bytes_scanned"] = max(metrics["bytes_scanned_100k"], metrics["bytes_scanned_minilm"])
    return metrics


def arena_figures(rows: int, note: Note, dimension: int = 512) -> dict[str, float]:
    """Appends rows one by one to an arena on disk, then reads all of them."""
    stride = 4 * dimension
    pool = np.random.default_rng(3).bytes(64 * stride)
    chunks = [pool[start : start + stride] for start in range(0, len(pool), stride)]
    spent = np.zeros(rows, np.int64)
    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(DiskFile(Path(folder) / "rows.bin", create=True, write=True), stride)
        arena.append(chunks[0])
        arena.view()
        base, before = arena.address, resident_mb()
        for row in range(rows):
            start = time.perf_counter_ns()
            arena.append(chunks[row % 64])
            spent[row] = time.perf_counter_ns() - start
        touched = int(arena.view()[:, ::64].sum(dtype=np.int64))
        resident = resident_mb() - before
        moved = float(arena.address != base or touched == 0)
        arena.close()
    metrics = {
        "append_p50_us": float(np.percentile(spent, 50)) / 1e3,
        "append_p99_us": float(np.percentile(spent, 99)) / 1e3,
        "arena_overhead": resident / (rows * stride / 1e6) - 1.0,
        "arena_moved": moved,
    }
    note(
        f"arena: {metrics['append_p50_us']:.2f} us an append of {stride} bytes, "
        f"{metrics['arena_overhead']:+.2%} resident over payload"
    )
    return metrics


def clustered(count: int, queries: int, seed: int, dimension: int = 384) -> Float32Array:
    """Returns unit vectors around a centre for every hundred, the queries first.

    Around its centre a vector strays by 0.6 of the centre's length: two of one cluster have a
    cosine of about 0.74, two of different clusters of about 0.
    """
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count // 100, dimension), np.float32) / np.sqrt(dimension)
    matrix = np.empty((count + queries, dimension), np.float32)
    for start in range(0, len(matrix), _CHUNK):
        block = matrix[start : start + _CHUNK]
        rng.standard_normal(out=block, dtype=np.float32)
        block *= np.float32(0.6 / np.sqrt(dimension))
        block += centres[rng.integers(len(centres), size=len(block))]
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return matrix


def _named(name: str, vectors: Float32Array, queries: int, note: Note) -> dict[str, float]:
    return {
        f"{metric}_{name}": value
        for metric, value in search_figures(vectors, queries, name, note).items()
    }


def search_figures(vectors: Float32Array, queries: int, name: str, note: Note) -> dict[str, float]:
    """Searches for the first vectors among the others, and compares with faiss.

    Args:
        vectors: (queries + n, d) unit vectors.
        queries: How many of them are asked for.
        name: For the notes.
        note: Is told what was found.
    """
    asked, matrix = vectors[:queries], vectors[queries:]
    with tempfile.TemporaryDirectory() as folder:
        space = _Space(Path(folder), matrix)
        ours = {kernel.__name__: space.search(kernel) for kernel in (simsimd_kernel, numpy_kernel)}
        spent, found = in_turns({"faiss": _faiss(matrix)} | ours, asked)
        space.read = 0
        _ = [ours[simsimd_kernel.__name__](query) for query in asked]
        scanned = (space.read / queries + space.signs.view().nbytes) / matrix.nbytes
        space.close()
    metrics = {
        "recall10": recall(matrix, asked, found["simsimd_kernel"]),
        "bytes_scanned": scanned,
        "search_ms": 1e3 * spent["simsimd_kernel"] / queries,
        "faiss_ms": 1e3 * spent["faiss"] / queries,
        "search_vs_faiss": spent["faiss"] / spent["simsimd_kernel"],
        "search_numpy_vs_faiss": spent["faiss"] / spent["numpy_kernel"],
    }
    note(
        f"search {name}: {len(matrix)} vectors, recall {metrics['recall10']:.4f} with "
        f"{scanned:.2%} of the bytes, {metrics['search_ms']:.2f} ms against "
        f"{metrics['faiss_ms']:.2f} ms (x{metrics['search_vs_faiss']:.1f}, numpy alone "
        f"x{metrics['search_numpy_vs_faiss']:.1f})"
    )
    return metrics


@final
class _Space:
    """Vectors in arenas on disk, as a store keeps them."""

    def __init__(self, folder: Path, matrix: Float32Array) -> None:
        self.dimension = matrix.shape[1]
        self.read = 0
        codes = encode_vectors(matrix[:1])[0]
        self.signs, self.exact = (
            Arena(DiskFile(folder / layer, create=True, write=True), len(getattr(codes, layer)))
            for layer in ("signs", "exact")
        )
        for start in range(0, len(matrix), _CHUNK):
            chunk = encode_vectors(matrix[start : start + _CHUNK])
            self.signs.append(b"".join(code.signs for code in chunk))
            self.exact.append(b"".join(code.exact for code in chunk))
        self._slots = np.arange(len(matrix))
        self._unheld = np.full(len(matrix), -1, np.int64)
        self._scale = np.zeros(len(matrix), np.float32)

    def search(self, kernel: Kernel) -> Search:
        """Returns the search with one kernel."""
        scan = PlaneScan(
            dimension=self.dimension,
            signs=self.signs.view(),
            owner=self._slots,
            signs_at=self._slots,
            planes_at=self._unheld,
            exact_at=self._slots,
            scale=self._scale,
            planes_rows=self._read_exact,
            exact_rows=self._read_exact,
            kernel=kernel,
        )
        return lambda query: scan.top(query, _K)[0]

    def _read_exact(self, rows: Int64Array) -> UInt8Array:
        self.read += len(rows) * self.exact.stride
        return self.exact.rows(rows)

    def close(self) -> None:
        """Closes the files."""
        self.signs.close()
        self.exact.close()


def _faiss(matrix: Float32Array) -> Search:
    try:
        import faiss
    except ImportError:
        raise MissingExtraError("the comparison with faiss", "bench") from None
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(matrix.shape[1])
    index.add(matrix)
    return lambda query: np.asarray(index.search(query[None], _K)[1][0], np.int64)


def in_turns(
    searches: dict[str, Search], queries: Float32Array
) -> tuple[dict[str, float], dict[str, Int64Array]]:
    """Asks all the same in turns; returns CPU seconds and the (queries, k) results of each."""
    spent = dict.fromkeys(searches, 0.0)
    found: dict[str, list[Int64Array]] = {name: [] for name in searches}
    for search in searches.values():
        search(queries[0])
    for start in range(0, len(queries), _TURN):
        for name, search in searches.items():
            begin = time.process_time()
            found[name] += [search(query) for query in queries[start : start + _TURN]]
            spent[name] += time.process_time() - begin
    return spent, {name: np.array(rows) for name, rows in found.items()}


def recall(matrix: Float32Array, queries: Float32Array, found: Int64Array) -> float:
    """Returns the share of results that are among the exact ones; equal scores are equally good."""
    right = 0
    for query, slots in zip(queries, found, strict=True):
        scores = matrix @ query
        worst = np.partition(scores, len(scores) - _K)[len(scores) - _K]
        right += int((scores[slots] >= worst - _TIE).sum())
    return right / found.size
