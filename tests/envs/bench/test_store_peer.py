"""The comparison with eMEM takes one stream into both, and says so where eMEM is missing."""

import importlib.util

import numpy as np
import pytest

from embodied_mem_envs.bench.store import peer
from embodied_mem_envs.bench.store.peer import PeerSizes, bench_peer
from embodied_mem_envs.bench.store.peer_memories import make_stream

SMALL = PeerSizes(observations=120, queries=6, killed=24)
needs_emem = pytest.mark.skipif(
    importlib.util.find_spec("emem") is None, reason="eMEM is not installed"
)


def test_the_stream_repeats_and_is_unit_length() -> None:
    first, again = make_stream(50, 4, 3), make_stream(50, 4, 3)
    assert (first.ids, first.texts) == (again.ids, again.texts)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    np.testing.assert_allclose(np.linalg.norm(first.queries, axis=1), 1, rtol=1e-5)
    assert len(set(first.texts)) == 50
    best = first.exact(3)
    scores = first.vectors @ first.queries[0]
    assert {first.ids[i] for i in np.argsort(scores)[-3:]} == best[0]


@needs_emem
def test_both_are_measured_on_one_stream() -> None:
    notes: list[str] = []
    figures = bench_peer(quick=True, note=notes.append, sizes=SMALL)
    assert figures["ours_recall10"] == 1
    assert figures["emem_recall10"] > 0.9
    assert figures["ours_findable_after_kill"] == figures["ours_rows_after_kill"] == 1
    assert figures["emem_rows_after_kill"] >= 1
    assert figures["emem_findable_after_kill"] == 0  # it writes its vector index when it is closed
    for name in ("add_vs_emem", "add_single_vs_emem", "add_batch_vs_emem", "query_vs_emem"):
        assert 0 < figures[name] < 1000
    assert any("killed after" in note for note in notes)


def test_without_emem_its_figures_are_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer.importlib.util, "find_spec", lambda name: None)
    notes: list[str] = []
    figures = bench_peer(quick=True, note=notes.append, sizes=SMALL)
    assert not any("emem" in name for name in figures)
    assert figures["ours_recall10"] == 1
    assert "eMEM is not installed" in notes[0]
