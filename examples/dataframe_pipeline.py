"""A DataFrame in a pipeline of scikit-learn: `python examples/dataframe_pipeline.py`.

The DataFrame is in the long form: a row for each reading, with the machine that it comes from, its
time, two sensors and the state that the machine was in. It is made here, so that nothing has to be
installed or downloaded but pandas. Put your own instead of `read_log`.
"""

import tempfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_vrae.datasets import from_dataframe
from keras_vrae.sklearn import VAEEmbedder


def read_log(machines, rng):
    """Readings of machines, of which every second one is worn and vibrates faster."""
    parts = []
    for number in range(machines):
        steps = int(rng.integers(20, 31))
        phase = np.arange(steps) * (0.8 if number % 2 else 0.4) + rng.uniform(0, 2 * np.pi)
        part = {
            "machine": f"M{number:03d}",
            "time": pd.date_range("2024-01-01", periods=steps, freq="min"),
            "vibration": np.sin(phase) + 0.1 * rng.normal(size=steps),
            "current": 5.0 + np.cos(phase) + 0.1 * rng.normal(size=steps),
            "state": "worn" if number % 2 else "good",
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts).sample(frac=1.0, random_state=0)  # In any order.


def main():
    """Reads the log, and classifies machines by the codes of their readings."""
    log = read_log(60, np.random.default_rng(0))
    series = from_dataframe(log, id="machine", label="state")
    print(f"{len(log)} rows: {series.read_as}")

    pipeline = make_pipeline(
        VAEEmbedder(latent_dim=4, hidden_units=16, num_updates=500, random_state=0),
        StandardScaler(),
        KNeighborsClassifier(3),
    )
    accuracy = cross_val_score(pipeline, series.values, series.labels, cv=2)
    print(f"worn or good, by cross-validation: {accuracy.mean():.0%} right")

    pipeline.fit(series.values, series.labels)
    codes = pd.DataFrame(
        pipeline[0].transform(series),
        index=pd.Index(series.ids, name="machine"),
        columns=pipeline[0].get_feature_names_out(),
    )
    print(codes.join(pd.Series(series.labels, series.ids, name="state")).head(4).round(2))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pipeline.joblib")
        joblib.dump(pipeline, path)
        again = joblib.load(path).predict(series.values)
    print(f"saved, loaded and used again: {np.mean(again == series.labels):.0%} right")


if __name__ == "__main__":
    main()
