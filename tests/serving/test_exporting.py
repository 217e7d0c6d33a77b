import importlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.backend import flatten_layers, without_cudnn
from keras_vrae.serving import capi, exporting, publishing, server_files, verification, warmup
from keras_vrae.serving.portability import check_portable
from keras_vrae.serving.requests import make_requests
from keras_vrae.serving.signatures import SIGNATURES
from keras_vrae.serving.writer import write_saved_model
from keras_vrae.validation import DataError, SettingError

MODELS = ("encoder", "decoder", "autoencoder")


@pytest.fixture
def dense():
    return kv.build("dense", (4,), hidden_units=4, seed=0)


def files(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_layout(exported):
    directory, export = exported
    assert export.version == 1
    assert export.paths == {name: directory / name / "1" for name in MODELS}
    assert export.largest_difference <= 1e-5
    names = {path.name for path in directory.iterdir()}
    assert names == {*MODELS, "models.config"}
    for path in export.paths.values():
        parts = {part.name for part in path.iterdir()}
        assert {"saved_model.pb", "variables", "assets.extra", "export.json"} <= parts
        assert path.stat().st_mode & 0o777 == Path(directory, "encoder").stat().st_mode & 0o777


def test_manifest_describes_the_version(exported, small_model):
    for name, path in exported[1].paths.items():
        content = serving.check_version(path)
        assert content["model"] == name
        assert content["version"] == 1
        assert content["event_shape"] == [3, 2]
        assert content["likelihood"] == "Bernoulli"
        assert content["prior"] == "StandardNormal"
        assert content["versions"]["keras"] == keras.__version__
        saved = capi.SavedModel(path, tf.sysconfig.get_lib())
        assert {*content["signatures"], "serving_default"} == set(saved.signatures)
        for signature, parts in content["signatures"].items():
            for kind, infos in parts.items():
                for key, info in infos.items():
                    known = getattr(saved.signatures[signature], kind)[key]
                    assert info["dtype"] == known.dtype.name
                    assert [-1 if n is None else n for n in info["shape"]] == [*known.shape]
        saved.close()
    checksums = {serving.check_version(p)["weights_sha256"] for p in exported[1].paths.values()}
    assert len(checksums) == 1


@pytest.mark.parametrize("harm", ["change", "remove", "add", "no manifest"])
def test_a_damaged_version_is_found(exported, tmp_path, harm):
    path = shutil.copytree(exported[1].paths["decoder"], tmp_path / "1")
    victim = path / "variables" / "variables.index"
    if harm == "change":
        victim.write_bytes(victim.read_bytes()[:-1])
    elif harm == "remove":
        victim.unlink()
    elif harm == "add":
        (path / "more").touch()
    else:
        (path / "export.json").unlink()
    with pytest.raises(DataError, match=r"variables\.index|more|export\.json"):
        serving.check_version(path)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "gru"])
def test_each_weight_is_stored_once_in_the_model_that_needs_it(tmp_path, encoder):
    model = kv.build(encoder, (28, 28), latent_dim=2, hidden_units=64)
    parts = {"encoder": (model.encoder,), "decoder": (model.decoder,)}
    parts["autoencoder"] = (model.encoder, model.decoder)
    for name, layers in parts.items():
        write_saved_model(model, SIGNATURES[name](model), tmp_path / name)
        weights = sum(w.numpy().nbytes for layer in layers for w in layer.weights)
        stored = (tmp_path / name / "variables" / "variables.data-00000-of-00001").stat().st_size
        assert weights <= stored <= 1.1 * weights
        stored = tf.train.list_variables(str(tmp_path / name / "variables" / "variables"))
        shapes = sorted(shape for _, shape in stored if shape)
        assert shapes == sorted(list(w.shape) for layer in layers for w in layer.weights)


def test_server_files_are_what_the_server_parses(exported):
    directory, _ = exported
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((directory / "models.config").read_text(), config)
    listed = {entry.name: entry.base_path for entry in config.model_config_list.config}
    assert listed == {name: f"/models/{name}" for name in MODELS}


def batching_parameters(text):
    """The values of a `BatchingParameters` by name, which the wheel of the protos lacks."""
    return dict(re.findall(r"^(\w+)(?: \{ value)?: (\w+)(?: \})?$", text, re.MULTILINE))


def test_only_models_whose_rows_have_one_shape_are_batched(exported, small_model):
    paths = exported[1].paths
    # The encoder reads sequences of any length, which cannot meet in one batch.
    assert not (paths["encoder"] / "batching_params.pbtxt").exists()
    for name in ("decoder", "autoencoder"):
        text = (paths[name] / "batching_params.pbtxt").read_text()
        found = batching_parameters(text)
        assert len(found) == text.count("\n")
        assert found["enable_large_batch_splitting"] == "true"
        most, executed = int(found["max_batch_size"]), int(found["max_execution_batch_size"])
        assert executed <= 359 <= most
        # As the scheduler counts: a request must find room for all of its batches in the queue.
        assert most <= executed * int(found["max_enqueued_batches"]) - executed
        assert serving.check_version(paths[name])["may_batch"] is True
    assert serving.check_version(paths["encoder"])["may_batch"] is False


def test_batching_of_every_family():
    def batched(*shape, **settings):
        model = kv.build(*shape, hidden_units=4, **settings)
        return [server_files.may_batch(make(model)) for make in SIGNATURES.values()]

    assert batched("dense", (4, 3)) == [True, True, True]
    assert batched("gru", (4, 3), decoder="gru") == [False, True, True]
    assert batched("gru", (None, 3), decoder="gru") == [False, False, False]


@pytest.mark.slow
def test_a_models_config_of_a_user_stays(dense, tmp_path):
    exported = serving.export(dense, tmp_path, models=["decoder"], base_path="/srv/")
    assert exported.missing_entries == ""
    config = tmp_path / "models.config"
    assert 'base_path: "/srv/decoder"' in config.read_text()
    mine = config.read_text() + '# mine; name: "encoder" is to follow\n'
    config.write_text(mine)
    exported = serving.export(dense, tmp_path, models=["decoder"])
    assert (exported.version, exported.missing_entries) == (2, "")
    exported = serving.export(dense, tmp_path, version=7, models=["encoder"])
    assert exported.version == 7
    assert config.read_text() == mine
    whole = mine.replace("}\n# mine", exported.missing_entries + "}\n# mine")
    parsed = text_format.Parse(whole, model_server_config_pb2.ModelServerConfig())
    listed = {entry.name: entry.base_path for entry in parsed.model_config_list.config}
    assert listed == {"decoder": "/srv/decoder", "encoder": "/models/encoder"}
    assert serving.export(dense, tmp_path, models=["decoder"]).paths == {
        "decoder": tmp_path / "decoder" / "8"
    }


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.mkdir(), "cannot be read (Is a directory)"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8"),
        (lambda path: path.write_bytes(b"\n\x0b\n\x07encoder"), "holds control characters"),
    ],
)
def test_a_models_config_that_is_not_text_is_found_first(dense, tmp_path, harm, reason):
    harm(tmp_path / "models.config")
    for begin in (serving.check_directory, lambda path: serving.export(dense, path)):
        with pytest.raises(SettingError, match=re.escape(f"whose models.config {reason}")):
            begin(tmp_path)
    assert files(tmp_path) == ["models.config"]


@pytest.mark.parametrize("path", ["models", "", "./models", '/mo"dels', "/mo'dels", "/a\n", None])
def test_a_base_path_that_no_server_takes(dense, tmp_path, path):
    with pytest.raises(SettingError, match="`base_path` must be an absolute path"):
        serving.export(dense, tmp_path / "serving", base_path=path)
    assert files(tmp_path) == []


def test_base_paths_that_servers_take():
    for path in ("/models", "/models/", "gs://bucket/models", "s3://bucket/a b"):
        assert server_files.check_base_path(path) == path.rstrip("/")


@pytest.mark.slow
def test_warmup_requests_are_answered(exported, small_model):
    for name, path in exported[1].paths.items():
        saved = capi.SavedModel(path, tf.sysconfig.get_lib())
        seen = set()
        for record in tf.data.TFRecordDataset(str(path / warmup.PATH)):
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            request = log.predict_log.request
            assert request.model_spec.name == name
            inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
            saved.run(request.model_spec.signature_name, inputs)
            seen.add(request.model_spec.signature_name)
        assert seen == set(SIGNATURES[name](small_model))


@pytest.mark.slow
def test_without_the_extra_all_but_the_warmup_is_exported(dense, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    exported = serving.export(dense, tmp_path, models=["decoder"])
    assert exported.warmup_requests == {"decoder": 0}
    assert serving.check_version(exported.paths["decoder"])["warmup_requests"] == 0
    assert not (exported.paths["decoder"] / "assets.extra").exists()


# A refused export publishes nothing.


@pytest.mark.parametrize("version", [0, -1, 1.5, "two", True, 2**63])
def test_version_must_be_a_positive_whole_number(dense, tmp_path, version):
    with pytest.raises(SettingError, match=r"`version` must be a whole number of at least 1"):
        serving.export(dense, tmp_path / "serving", version=version)
    assert files(tmp_path) == []


@pytest.mark.slow
def test_tensorflow_does_not_log_the_folder_of_an_unfinished_export(dense, tmp_path, monkeypatch):
    logger, messages = tf.get_logger(), []
    monkeypatch.setattr(logger, "level", logging.INFO)
    monkeypatch.setattr(logger, "handlers", [handler := logging.Handler()])
    monkeypatch.setattr(handler, "emit", lambda record: messages.append(record.getMessage()))
    logger.info("a message")
    serving.export(dense, tmp_path)
    assert messages == ["a message"]
    assert logger.level == logging.INFO


def test_a_version_that_exists_is_not_touched(exported, small_model):
    directory, _ = exported
    before = files(directory)
    with pytest.raises(SettingError, match=r"`version` must be one that is not in .*=1"):
        serving.export(small_model, directory, version=1)
    assert files(directory) == before


@pytest.mark.slow
def test_a_version_that_another_process_publishes_is_not_touched(dense, tmp_path, monkeypatch):
    def verify(model, exports):
        (tmp_path / "decoder" / "1" / "variables").mkdir(parents=True)
        return verification.verify(model, exports)

    monkeypatch.setattr(exporting, "verify", verify)
    with pytest.raises(SettingError, match="`version` must be one that is not in"):
        serving.export(dense, tmp_path, models=["decoder"])
    assert files(tmp_path) == ["decoder", "decoder/1", "decoder/1/variables"]


@pytest.mark.parametrize("directory", ["/dev/null/serving", "/proc/serving"])
def test_a_read_only_directory(dense, directory):
    with pytest.raises(SettingError, match=r"`export_dir` must be a folder that can be written to"):
        serving.export(dense, directory)


def test_other_objects_and_unbuilt_models_are_refused(dense, tmp_path):
    with pytest.raises(SettingError, match=r"`model` must be a keras_vrae\.VAE"):
        serving.export(dense.encoder, tmp_path)
    with pytest.raises(SettingError, match="Did you mean 'decoder'"):
        serving.export(dense, tmp_path, models=["decodr"])
    with pytest.raises(SettingError, match="`models` must be one name or more"):
        serving.export(dense, tmp_path, models=[])
    dense.encoder.built = False
    with pytest.raises(SettingError, match="`model` must be built"):
        serving.export(dense, tmp_path)
    assert files(tmp_path) == []


@pytest.mark.slow
def test_a_wrong_answer_publishes_nothing(dense, tmp_path, monkeypatch):
    def answers(calls):
        found = verification_answers(calls)
        found[-1]["reconstruction"] = found[-1]["reconstruction"] + np.float32(1e-4)
        return found

    verification_answers = verification.served_answers
    monkeypatch.setattr(verification, "served_answers", answers)
    with pytest.raises(DataError, match=r"as the model does, to 1e-05.*generate differs by"):
        serving.export(dense, tmp_path, models=["decoder"])
    assert files(tmp_path) == []


def test_differences():
    one = np.ones((2, 3), "float32")
    largest = verification.largest_difference
    assert largest(one, one) == 0
    assert largest(100 * one, 101 * one) == pytest.approx(1 / 101)
    assert largest(0 * one, one / 2) == 0.5
    for other in (None, one[:1], one.astype("float64"), np.nan * one, np.inf * one):
        assert not largest(other, one) <= 1e9
    # Invalid rows are NaN in both.
    hole = np.array([[np.nan] * 3, [1.0] * 3], "float32")
    assert largest(hole, hole) == 0
    assert largest(np.nan * one, np.nan * one) == 0
    assert not largest(one, hole) <= 1e9
    assert largest(hole + np.float32(0.5), hole) == 0.5
    assert not largest(one, None) <= 1e9
    # In units of the data a channel's scale counts, and in double precision its mean too.
    scale = [1e-3, 1.0, 1e4]
    found = largest(0 * one, np.array([[1e-3, 1.0, 10.0]] * 2, "float32"), [5.0, 0.0, 0.0], scale)
    assert found == pytest.approx(1.0)
    far = 1e5 + np.array([[0.0, 0.01]])
    assert largest(far, far + 0.001, [1e5, 1e5], [0.002, 0.002]) == pytest.approx(0.5, rel=1e-6)


def test_a_damaged_model_is_reported(dense, tmp_path):
    signatures = SIGNATURES["decoder"](dense)
    requests = make_requests(signatures, dense)
    path = tmp_path / "decoder"
    write_saved_model(dense, signatures, path)
    (path / "variables" / "variables.index").unlink()
    with pytest.raises(DataError, match="decoder, decode does not answer"):
        verification.verify(dense, [(path, requests)])


def test_verification_runs_without_keras(tmp_path):
    """The program of the C API fails where it, or what it imports, asks for Keras."""
    script = (
        Path(capi.__file__)
        .read_text()
        .replace("    answer_calls(", "    import keras\n    answer_calls(")
    )
    (tmp_path / "capi.py").write_text(script)
    command = [sys.executable, str(tmp_path / "capi.py"), "nowhere", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "import of keras halted" in done.stderr


@pytest.mark.slow
def test_low_precision_is_exported_with_float32_outputs(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = kv.build("lstm", (4, 3), hidden_units=8)
    finally:
        keras.config.set_dtype_policy(before)
    exported = serving.export(model, tmp_path, models=["encoder", "decoder"])
    for path in exported.paths.values():
        for signature in serving.check_version(path)["signatures"].values():
            dtypes = {name: info["dtype"] for name, info in signature["outputs"].items()}
            assert dtypes.pop("valid", "bool") == "bool"
            assert set(dtypes.values()) == {"float32"}
    assert verification.tolerance_of(model) > verification.TOLERANCE


def test_support_of_other_likelihoods():
    def requested(likelihood):
        model = kv.build("dense", (4,), hidden_units=4, likelihood=likelihood)
        requests = make_requests(SIGNATURES["encoder"](model), model)
        # The last row of the second request is invalid on purpose.
        valid = [request.inputs["inputs"][:3] for request in requests]
        return np.concatenate(valid)

    class Counts(kv.Bernoulli):
        def in_support(self, x):
            return tf.equal(x, tf.round(x))

    assert {0, 1} == set(requested(Counts()).ravel())

    class Pareto(kv.Bernoulli):
        def in_support(self, x):
            return x > 1

        def sample(self, parameters, seed=None, temperature=1.0):
            return tf.exp(tf.abs(parameters)) + 0.1

    assert requested(Pareto()).min() > 1

    class Nothing(kv.Bernoulli):
        def in_support(self, x):
            return x > 1

    with pytest.raises(SettingError, match="`likelihood` must be one whose support"):
        requested(Nothing())


# A machine unlike the one that traced.


@pytest.fixture
def gpu_in_sight(monkeypatch):
    """Keras takes this machine for one with a GPU."""
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["lstm", "gru"])
def test_no_cudnn_is_traced_on_a_machine_with_a_gpu(gpu_in_sight, encoder, tmp_path):
    model = kv.build(encoder, (4, 3), hidden_units=4)
    deep = kv.VAE(
        kv.LSTMEncoder(2, 4, num_layers=2, bidirectional=True), kv.DenseDecoder((4, 3), 4)
    )
    for number, each in enumerate((model, deep)):
        layers = [layer for layer in flatten_layers(each) if hasattr(layer, "use_cudnn")]
        assert len(layers) >= 1
        before = [layer.use_cudnn for layer in layers]
        path = tmp_path / str(number)
        write_saved_model(each, SIGNATURES["encoder"](each), path)
        assert b"Cudnn" not in (path / "saved_model.pb").read_bytes()
        assert [layer.use_cudnn for layer in layers] == before


def test_a_plain_layer_on_a_machine_with_a_gpu_is_refused(gpu_in_sight, tmp_path):
    """The exporter prevents this case: Keras's own layer, traced as it is."""
    layer = keras.layers.LSTM(4)
    layer.build((None, 4, 3))
    archive = keras.export.ExportArchive()
    archive.add_endpoint("encode", layer.call, [tf.TensorSpec((None, 4, 3), name="inputs")])
    archive.write_out(str(tmp_path), verbose=False)
    with pytest.raises(DataError, match=r"must run on any CPU server.*Cudnn"):
        check_portable(tmp_path)


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (tf.function(lambda x: x + 1, jit_compile=True), "_XlaMustCompile"),
        (lambda x: tf.numpy_function(np.sin, [x], tf.float32), "PyFunc"),
    ],
)
def test_graphs_that_need_more_than_a_cpu_are_refused(function, found, tmp_path):
    module = tf.Module()
    module.f = tf.function(lambda x: function(x))
    traced = module.f.get_concrete_function(tf.TensorSpec((None,), tf.float32))
    tf.saved_model.save(module, str(tmp_path), signatures=traced)
    with pytest.raises(DataError, match=found):
        check_portable(tmp_path)


def test_use_cudnn_comes_back_after_an_error():
    model = kv.build("gru", (4, 3), hidden_units=4)
    (layer,) = model.encoder.recurrent_layers
    before = layer.use_cudnn

    def fail():
        with without_cudnn(model):
            assert layer.use_cudnn is False
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert layer.use_cudnn == before


# Several exports at a time, and after one that was killed.


def test_exports_take_turns_and_clear_what_a_killed_one_left(tmp_path):
    left = tmp_path / f"{publishing.STAGING_PREFIX}killed"
    left.mkdir()
    order, inside = [], threading.Event()

    def export(name):
        with publishing.ExportDirectory(tmp_path).staging() as folder:
            assert [path.name for path in tmp_path.iterdir()] == [folder.name]
            order.append(f"{name} begins")
            inside.set()
            other.is_alive() or other.start() if name == "first" else None
            other.join(0.2) if name == "first" else None
            order.append(f"{name} ends")

    other = threading.Thread(target=export, args=("second",))
    export("first")
    other.join()
    assert order == ["first begins", "first ends", "second begins", "second ends"]
    assert files(tmp_path) == []


def test_other_folders_are_not_versions(tmp_path):
    for name in ("3", "12", "latest", "1.5", "-4", "tmp"):
        (tmp_path / "encoder" / name).mkdir(parents=True)
    directory = publishing.ExportDirectory(tmp_path)
    assert directory.versions("encoder") == [3, 12]
    assert directory.choose_version(None, MODELS) == 13
    assert directory.choose_version(4, MODELS) == 4
    (tmp_path / "encoder" / str(2**63)).mkdir()  # Beyond int64: the server skips it.
    assert directory.versions("encoder") == [3, 12]
    (tmp_path / "encoder" / str(2**63 - 1)).mkdir()
    with pytest.raises(SettingError, match="`version` must be a whole number of at least 1"):
        directory.choose_version(None, MODELS)


# Runs.


@pytest.fixture
def run(tmp_path, dense):
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {
        "dataset": "digits",
        "likelihood": "bernoulli",
        "binarization": "none",
        "versions": {"keras_vrae": kv.__version__},
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "metrics.json").write_text("{}")
    dense.save(folder / "model.keras")
    return folder


@pytest.mark.slow
def test_an_export_describes_its_run(run, dense, tmp_path):
    exported = serving.export_run(run, tmp_path / "serving")
    for path in exported.paths.values():
        content = serving.check_version(path)
        assert content["run"] == {"name": "run", "dataset": "digits", "binarization": "none"}
        assert content["elbo_is_bound"] is False
    saved = capi.SavedModel(exported.paths["encoder"], tf.sysconfig.get_lib())
    x = np.random.default_rng(0).random((3, 4), "float32")
    answer = saved.run("encode", {"inputs": x})
    np.testing.assert_allclose(answer["z_mean"], dense.encode(x).z_mean, atol=1e-5)


@pytest.mark.parametrize(
    ("lacks", "message"),
    [
        ("metrics.json", r"is not a finished run: it has no metrics\.json"),
        ("model.keras", r"is not a finished run: it has no model\.keras"),
        ("", r"is not a finished run"),
    ],
)
def test_a_run_that_is_missing_or_unfinished(run, tmp_path, lacks, message):
    if lacks:
        (run / lacks).unlink()
    else:
        shutil.rmtree(run)
    with pytest.raises(DataError, match=message):
        serving.export_run(run, tmp_path / "serving")
    assert not (tmp_path / "serving").exists()


def test_a_run_of_a_newer_version(run, tmp_path):
    config = json.loads((run / "config.json").read_text())
    config["versions"]["keras_vrae"] = "99.0"
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match=r"must be of keras_vrae .* or older\. Received: one of 99"):
        serving.export_run(run, tmp_path / "serving")
    assert not (tmp_path / "serving").exists()


# Other readers of the same folder.


def test_openvino_reads_the_same_folder(exported, small_model):
    openvino = pytest.importorskip("openvino")

    x = np.random.default_rng(0).random((4, 3, 2), "float32")
    # By default it computes in bfloat16 where the processor can.
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    path = str(exported[1].paths["encoder"])
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    for steps in (2, 3):
        outputs = compiled({"inputs": x[:, :steps]})
        found = {next(iter(key.get_names())): value for key, value in outputs.items()}
        posterior = small_model.encoder(x[:, :steps])._asdict()
        for name, values in posterior.items():
            np.testing.assert_allclose(found[name], values, atol=1e-5)


@pytest.mark.slow
def test_saved_model_cli_lists_the_signatures_of_the_readme(exported):
    command = [os.path.join(os.path.dirname(sys.executable), "saved_model_cli"), "show", "--all"]
    command += ["--dir", str(exported[1].paths["encoder"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in ("serving_default", "encode", "sample", "encode_padded", "sample_padded"):
        assert f"signature_def['{name}']" in done.stdout
    for part in ("inputs['inputs']", "outputs['z_mean']", "outputs['z_log_var']", "(-1, -1, 2)"):
        assert part in done.stdout
