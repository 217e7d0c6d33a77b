"""The benchmark of growth over workers."""

import json

import pytest
from conftest import ROOT

from benchmarks import worker_growth


def test_the_table_is_that_of_the_stored_figures():
    stored = json.loads((ROOT / "docs" / "benchmarks" / "worker-growth.json").read_text())
    assert worker_growth.table(stored["points"]) in (ROOT / "docs" / "scaling.md").read_text()


@pytest.mark.slow
def test_a_process_alone_leaves_its_times_and_its_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_growth, "STEPS", 2)
    monkeypatch.setattr(worker_growth, "EPOCHS", 2)
    monkeypatch.setattr(
        "keras_vrae.backend.tensorflow.threads.one_thread_per_operation", lambda: None
    )
    worker_growth.work("dense", workers=1, path=tmp_path / "one.json", hidden_units=4)
    figures = json.loads((tmp_path / "one.json").read_text())
    assert figures["milliseconds_per_step"] > 0
    assert figures["peak_memory_mib"] > 100
