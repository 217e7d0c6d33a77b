import pytest

from benchmarks.encoders import measure, summarize


def test_figures_follow_from_the_times():
    seconds = {"dense": [0.1, 0.2, 0.3], "lstm": [0.4, 0.8, 1.5]}
    figures = summarize(seconds, examples=1000, batch_size=128)
    assert figures["dense"]["seconds_per_epoch"] == pytest.approx(0.2 * 8)
    assert figures["dense"]["examples_per_second"] == pytest.approx(640)
    assert figures["lstm"]["time_relative_to_dense"] == 4.0
    assert figures["lstm"]["quartiles"] == pytest.approx([0.6 * 8, 1.15 * 8])


@pytest.mark.slow
def test_every_encoder_takes_its_turns():
    config = {"dataset": "digits", "data_dir": None, "batch_size": 8, "hidden_units": 4}
    seconds, splits = measure(config, rounds=2, steps=1)
    assert set(seconds) == {"dense", "lstm", "gru"}
    assert all(len(values) == 2 and min(values) > 0 for values in seconds.values())
    assert splits.train.size == 1294
