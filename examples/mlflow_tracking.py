"""Sends the history of runs to MLflow: `--callback=mlflow_tracking:tracker` in this folder.

    pip install mlflow
    keras-vrae train --encoder=gru --callback=mlflow_tracking:tracker
    mlflow ui --backend-store-uri=sqlite:///mlflow.db

Any Keras callback can be given so; what the name stands for is called without arguments.
"""

import mlflow


def tracker():
    """Begins a run of MLflow, and makes MLflow's own callback for Keras, which logs to it."""
    mlflow.set_experiment("keras_vrae")
    mlflow.start_run()
    return mlflow.keras.MlflowCallback()
