"""The files of `export/serving`."""

import re

import numpy as np
import tensorflow as tf
from conftest import ROOT

import keras_vrae as kv
from keras_vrae.serving.requests import make_requests
from keras_vrae.serving.signatures import SIGNATURES

FOLDER = ROOT / "export" / "serving"
PAGE = (ROOT / "docs" / "serving.md").read_text()


def test_docker_command_and_compose_file_say_the_same():
    compose = (FOLDER / "docker-compose.yaml").read_text()
    command = PAGE.split("docker run")[1].split("```")[0]
    arguments = re.findall(r"--(?:model|enable)\S+", command)
    assert arguments == re.findall(r"- (--\S+)", compose)
    assert re.findall(r"-p (\S+)", command) == re.findall(r'"(\d+:\d+)"', compose)
    assert "**not** run" in PAGE


def test_every_signature_and_its_parts_stand_in_the_page():
    rows = re.findall(r"^\| (\w+) \| `(\w+)`(.*?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    listed = {
        (model, name, *(frozenset(re.findall(r"`(\w+)`", part)) for part in parts))
        for model, name, _, *parts in rows
    }
    found = set()
    for model in (
        kv.build("gru", (3, 2), hidden_units=4, decoder="gru"),
        kv.build("gru", (None, 2), hidden_units=4, decoder="gru"),
        kv.build("dense", (3,), hidden_units=4, latent_dim=8, binarizer=kv.MedianBinarizer()),
        kv.build_text("dense", ["a", "b"], hidden_units=4, latent_dim=8),
    ):
        if model.binarizer is not None:
            model.binarizer.adapt(np.eye(8))
        for name, make in SIGNATURES.items():
            signatures = make(model)
            for request in make_requests(signatures, model)[::2]:
                signature, inputs = request
                tensors = [tf.constant(values) for values in inputs.values()]
                outputs = signatures[signature].function(*tensors)
                found.add((name, signature, frozenset(inputs), frozenset(outputs)))
    assert listed == found
