from embodied_mem_envs.bench.models.confusion import PUBLISHED, bench_confusion


def test_the_fitted_errors_are_nearer_to_the_published_than_the_even_ones() -> None:
    notes: list[str] = []
    figures = bench_confusion(quick=True, note=notes.append)
    assert figures["confusion_shares_distance"] < figures["confusion_even_shares_distance"]
    assert figures["confusion_distance"] < figures["confusion_even_distance"]
    assert {f"confusion_{kind}" for kind in PUBLISHED} <= figures.keys()
    assert any("published" in note for note in notes)
