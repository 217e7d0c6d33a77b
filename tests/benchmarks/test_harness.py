"""The harness of the benchmarks: processes that take turns, medians, flags."""

import json

import numpy as np
import pytest

from benchmarks import harness


def test_turns_begin_with_another_one_each_round_and_the_first_does_not_count():
    order = []

    def turn(name):
        order.append(name)
        return float(len(order))

    seconds = harness.take_turns({n: lambda n=n: turn(n) for n in "ab"}, rounds=2)
    assert "".join(order) == "abbaab"
    assert seconds == {"a": [4.0, 5.0], "b": [3.0, 6.0]}


def test_rates_and_ratios_are_compared_round_by_round():
    rates = harness.rates({"ours": [2.0, 4.0, 2.5], "torch eager": [4.0, 4.0, 10.0]}, 8)
    assert rates["ours"]["rounds"] == [4.0, 2.0, 3.2]
    assert rates["ours"]["median"] == 3.2
    ratio = harness.ratios(rates, "ours", ["torch eager"])["torch eager"]
    assert ratio == {"median": 2.0, "quartiles": [1.5, 3.0]}
    assert harness.in_words(ratio) == "2.00 (1.50 to 3.00)"
    assert harness.best_of({**rates, "torch fused": {"median": 2.5}}, "torch") == "torch fused"
    assert harness.best_of(rates, "jax") is None
    assert harness.spread([7.0]) == {"median": 7.0, "quartiles": [7.0, 7.0]}


@pytest.mark.slow
def test_contenders_take_turns_in_their_own_processes(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((16, 6, 5), "float32"))
    task = {"encoder": "gru", "batch_size": 8, "images": str(tmp_path / "images.npy")}
    task |= {"hidden_units": 8, "epochs": 1}
    programs = {
        name: ("limit", way) for name, way in {"a": "tensorflow", "b": "side-by-side"}.items()
    }
    with harness.started(programs, task) as contenders:
        seconds = harness.take_turns(harness.turns_of(contenders, "train"), rounds=3)
        assert {name: len(values) for name, values in seconds.items()} == {"a": 3, "b": 3}
        assert min(map(min, seconds.values())) > 0
        assert all(contender.peak_memory_mib > 10 for contender in contenders.values())
        assert harness.turns_of(contenders, "encode") == {}
    broken = {**task, "encoder": "abacus"}
    with pytest.raises(RuntimeError, match="KeyError: 'abacus'"):
        harness.started({"a": ("limit", "tensorflow")}, broken).__enter__()


def test_flags_and_the_command_that_is_stored(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["somewhere/layers.py"])
    path = tmp_path / "out.json"
    arguments = ["--rounds=3", f"--output={path}", "--data_dir=b", "--sizes=1,2", "--no-deep", "x"]
    program = harness.Program(
        "Does it.", arguments, folders=[], data_dir=None, sizes=(5,), rounds=7, units=4, deep=True
    )
    flags = program.flags
    assert (flags.rounds, flags.units, flags.sizes, flags.deep) == (3, 4, (1, 2), False)
    assert flags.folders == ["x"]
    assert program.command == "python -m benchmarks.layers --sizes=1,2 --rounds=3 --no-deep"
    program.save({"rows": [1]})
    report = json.loads(path.read_text())
    assert report["command"] == program.command
    assert report["rows"] == [1]
    assert report["machine"]["processor"]
    assert report["machine"]["vector_instructions"] in ("AMX", "AVX-512", "AVX2", None)
    assert report["machine"]["cores"] == harness.cores()
    assert report["versions"]["keras"]
