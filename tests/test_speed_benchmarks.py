"""The benchmarks of speed: their arithmetic, their processes, their rivals, their page."""

import itertools
import json
import math
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse

import keras_vrae as kv
from benchmarks import (
    arithmetic,
    growth,
    machine,
    pictures,
    profile,
    speed_page,
    startup,
    summary,
    text_speed,
    training,
)
from benchmarks.turns import Contender, Task, take_turns

ENCODERS = ("dense", "lstm", "gru")


def flops_in(function):
    """Multiplications and additions of the matrix products in a concrete function without loops."""
    total = 0
    for operation in function.graph.get_operations():
        if operation.type == "MatMul":
            shape = operation.inputs[0].shape
            inner = shape[0] if operation.get_attr("transpose_a") else shape[1]
            total += 2 * inner * math.prod(operation.outputs[0].shape)
    return total


def gradient_flops(model, x_shape):
    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x) ** 2)
        return tape.gradient(loss, model.trainable_weights)

    return flops_in(step.get_concrete_function(tf.TensorSpec(x_shape, "float32")))


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_products_of_a_recurrent_layer_are_those_of_automatic_differentiation(kind):
    batch, steps, features, units = 3, 6, 5, 4
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](units, unroll=True)
    inputs = keras.Input((steps, features))
    counted = gradient_flops(keras.Model(inputs, layer(inputs)), (batch, steps, features))
    gates = arithmetic.GATES[kind]
    forward, backward = arithmetic.recurrent_products(batch, steps, features, units, gates)
    # Keras multiplies the first state, which is zero, too: forward and for the weights' gradient.
    of_first_state = 2 * (2 * batch * units * gates * units)
    assert sum(p.flops for p in forward + backward) == counted - of_first_state


def test_products_of_dense_layers_are_those_of_automatic_differentiation():
    inputs = keras.Input((6,))
    layers = [keras.layers.Dense(size) for size in (5, 4)]
    model = keras.Model(inputs, layers[1](layers[0](inputs)))
    products = [
        *arithmetic.dense_products(3, 6, 5, first=True),
        *arithmetic.dense_products(3, 5, 4),
    ]
    ours = sum(product.flops for product in itertools.chain(*products))
    assert ours == gradient_flops(model, (3, 6))


def test_flops_of_the_models_on_mnist():
    flops = {encoder: arithmetic.training_flops(encoder, (28, 28)) / 1e6 for encoder in ENCODERS}
    assert flops["dense"] == pytest.approx(6.938)
    assert flops["lstm"] == pytest.approx(172.142)
    assert flops["gru"] == pytest.approx(130.074)
    encoding, _ = arithmetic.model_products("dense", (28, 28), batch=7)
    assert encoding[0] == (7, 784, 500, 1)
    assert sum(product.flops for product in encoding) == 7 * 2 * (784 * 500 + 500 * 500 + 2000)


@pytest.fixture
def task(tmp_path):
    x = np.random.default_rng(0).random((32, 28, 28), dtype="float32")
    np.save(tmp_path / "images.npy", x)

    def make(encoder):
        return Task(encoder, 8, str(tmp_path / "images.npy"), hidden_units=8, encode_batch=16)

    return make


def check_rival(work):
    work["train"]()
    z_mean, z_log_var, *_ = work["encode"]()
    assert z_mean.shape == z_log_var.shape == (32, 2)
    assert np.isfinite(z_mean).all()


# Before training the logits are near 0: log 2 for each of the 784 values.
LOSS_AT_START = pytest.approx(784 * math.log(2), rel=0.03)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_tutorial_has_the_same_network_and_bound(encoder, task):
    from benchmarks.rivals import tutorial

    task = task(encoder)
    check_rival(tutorial.make(task))
    x = task.images()
    model = tutorial.VAE(
        tutorial.make_encoder(task, x.shape[1:]), tutorial.make_decoder(task, x.shape[1:])
    )
    ours = kv.build(encoder, x.shape[1:], hidden_units=8)
    sizes = [sorted(tuple(w.shape) for w in m.trainable_weights) for m in (model, ours)]
    assert sizes[0] == sizes[1]
    model.compile(keras.optimizers.Adam())
    assert float(model.train_step(tf.constant(x))["total_loss"]) == LOSS_AT_START
    if encoder == "dense":
        fed = tutorial.make(task, "dataset")
        assert list(fed) == ["train"]
        assert len(fed["train"]().epoch) == 1


@pytest.mark.parametrize("variant", ["eager", "fused"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_torch_has_the_same_network_and_bound(encoder, variant, task):
    torch = pytest.importorskip("torch")
    from benchmarks.rivals import torch_vae

    task = task(encoder)
    check_rival(torch_vae.make(task, variant))
    model = torch_vae.VAE(encoder, (28, 28), hidden_units=8, latent_dim=2)
    assert model(torch.from_numpy(task.images())).item() == LOSS_AT_START
    sizes = {
        kind: math.prod(shape)
        for kind, shape in ((w, m.shape) for w, m in model.named_parameters())
        if "bias" not in kind
    }
    ours = kv.build(encoder, (28, 28), hidden_units=8).trainable_weights
    assert sum(sizes.values()) == sum(math.prod(w.shape) for w in ours if "bias" not in w.path)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_jax_has_the_same_network_and_bound(encoder, task):
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    from benchmarks.rivals import jax_vae

    task = task(encoder)
    check_rival(jax_vae.make(task))
    key = jax.random.key(0)
    parameters = jax_vae.make_parameters(key, encoder, (28, 28), 8, 2)
    assert float(jax_vae.loss(parameters, task.images(), key, encoder)) == LOSS_AT_START
    ours = kv.build(encoder, (28, 28), hidden_units=8).count_params()
    bias_of_an_lstm = 4 * 8 if encoder == "lstm" else 0
    assert sum(leaf.size for leaf in jax.tree.leaves(parameters)) == ours + bias_of_an_lstm


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_networks_of_jax_are_those_of_keras(kind):
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    from benchmarks.rivals import jax_vae

    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](4)
    x = np.random.default_rng(0).normal(size=(3, 6, 5)).astype("float32")
    layer.build(x.shape)
    layer.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in layer.weights])
    w, u, b = (jax.numpy.asarray(weight.numpy()) for weight in layer.weights)
    biases = (b, None) if kind == "lstm" else b
    theirs = {"w": w, "u": u, "b": biases[0], "recurrent_b": biases[1]}
    last_state = {"lstm": jax_vae.last_lstm_state, "gru": jax_vae.last_gru_state}[kind]
    np.testing.assert_allclose(last_state(theirs, x), layer(x), atol=1e-5)


@pytest.mark.slow
def test_contenders_work_in_turns_and_in_their_own_processes(task):
    names = {"one": "numpy", "two": "numpy"}
    contenders = {n: Contender("benchmarks.limit", way, task("gru")) for n, way in names.items()}
    try:
        for contender in contenders.values():
            contender.wait()
        seconds = take_turns(contenders, "train", rounds=3)
        assert {name: len(values) for name, values in seconds.items()} == {"one": 3, "two": 3}
        assert min(map(min, seconds.values())) > 0
        assert all(contender.peak_memory_mib > 10 for contender in contenders.values())
    finally:
        for contender in contenders.values():
            contender.close()
    broken = Contender("benchmarks.limit", "abacus", task("gru"))
    with pytest.raises(RuntimeError, match="KeyError: 'abacus'"):
        broken.wait()
    broken.close()


FIGURES = {
    "fit": {"rounds": [400.0, 440.0, 420.0]},
    "threads": {"rounds": [500.0, 500.0, 500.0]},
    "program": {"rounds": [390.0, 400.0, 410.0]},
    "tutorial": {"rounds": [200.0, 200.0, 200.0]},
    "torch eager": {"rounds": [300.0, 310.0, 320.0]},
    "torch compile": {"rounds": [400.0, 400.0, 400.0]},
    "limit numpy": {"rounds": [800.0, 840.0, 820.0]},
    "limit tensorflow": {"rounds": [700.0, 740.0, 720.0]},
}


def make_report():
    """What `benchmarks.training` would write."""
    figures = {name: {**row, **summary.spread(row["rounds"])} for name, row in FIGURES.items()}
    rivals = ["tutorial", "torch"]
    work = {**training.compare(figures, rivals), "limit": "limit numpy"}
    work["gigaflops_per_second"] = {
        "fit": 70.0,
        "threads": 80.0,
        "program": 75.0,
        "limit numpy": 140.0,
    }
    work["fraction_of_limit"] = {
        name: summary.ratios(figures, name, ["limit numpy"])["limit numpy"]
        for name in training.OURS
    }
    work["peak_memory_mib"] = dict.fromkeys(figures, 500.0)
    encoding = training.compare({n: figures[n] for n in ("fit", "threads", "tutorial")}, rivals)
    results = [
        {
            "encoder": encoder,
            "batch_size": batch_size,
            "megaflops_per_image": 172.1,
            "training": work,
            **({"encoding": encoding} if batch_size == 128 else {}),
        }
        for encoder in ENCODERS
        for batch_size in (128, 512)
    ]
    return {**machine.describe(), "rounds": 3, "results": results}


def test_summary_compares_round_by_round_with_the_best_variant():
    work = make_report()["results"][0]["training"]
    assert work["images_per_second"]["fit"]["median"] == 420.0
    assert set(work["fit_over"]) == {"tutorial", "torch compile", "threads", "program"}
    assert set(work["threads_over"]) == {"tutorial", "torch compile", "fit", "program"}
    assert work["fit_over"]["tutorial"] == {"median": 2.1, "quartiles": [2.05, 2.15]}
    assert work["fraction_of_limit"]["fit"]["median"] == pytest.approx(0.512, abs=0.001)
    assert summary.rates({"a": [2.0, 4.0]}, 8)["a"]["rounds"] == [4.0, 2.0]


def growth_report():
    rows = [
        {**point, "contender": name, "milliseconds_per_step": point[sweep], "peak_memory_mib": 600}
        for sweep in growth.SWEEPS
        for point in growth.points_of(sweep)
        for name in growth.CONTENDERS
    ]
    return {**machine.describe(), "points": rows}


def test_points_of_growth():
    points = list(growth.points_of("batch_size"))
    assert max(p["batch_size"] for p in points if p["encoder"] == "gru") == growth.MOST_BATCH
    assert all(p["examples"] == growth.BATCHES[p["encoder"]] * p["batch_size"] for p in points)
    assert [p["examples"] for p in growth.points_of("examples")] == [15_000, 60_000, 240_000]
    assert {p["features"] for p in growth.points_of("steps")} == {1}


def test_pictures_are_drawn(tmp_path):
    for figure in (
        pictures.training_figure(make_report()),
        pictures.growth_figure(growth_report()),
    ):
        figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def profile_of_a_step():
    kinds = {"matrix products": 8.0, "elementwise": 2.0}
    longest = {"_MklMatMul": 8.0, "Mul": 2.0}
    return {"milliseconds_per_step": 12.0, "milliseconds": kinds, "longest": longest}


def test_time_of_a_kernel_is_its_own():
    # On one thread: a product of 10 within a loop of 30, and a sum of 5 after it.
    names = {1: "while:While", 2: "body/product:_MklMatMul", 3: "ExecutorState::Process"}
    names = {number: SimpleNamespace(name=name) for number, name in {**names, 4: "s:Sum"}.items()}
    spans = [(3, 0, 40), (1, 1, 30), (3, 2, 20), (2, 3, 10), (4, 33, 5)]
    line = SimpleNamespace(
        events=[
            SimpleNamespace(metadata_id=name, offset_ps=start, duration_ps=1e12 * length)
            for name, start, length in ((n, 1e12 * s, d) for n, s, d in spans)
        ]
    )
    assert profile.kernel_seconds(line, names) == {"While": 20, "_MklMatMul": 10, "Sum": 5}
    assert [profile.kind_of(name) for name in ("_MklMatMul", "Sum")] == [
        "matrix products",
        profile.OTHER,
    ]


@pytest.mark.slow
def test_the_profiler_sees_the_products_of_a_step():
    found = profile.measure("dense", hidden_units=64, steps=2)
    assert 0 < found["milliseconds"]["matrix products"] < found["milliseconds_per_step"]
    assert found["milliseconds"]["optimizer"] > 0
    assert list(found["longest"].values()) == sorted(found["longest"].values(), reverse=True)


def test_page_is_filled_from_the_files(tmp_path):
    seconds = {"import keras": {"whole": {"median": 2.0, "quartiles": [1.9, 2.1]}}}
    ratio = {"median": 1.02, "quartiles": [1.0, 1.03]}
    reports = {
        "training": make_report(),
        "growth": growth_report(),
        "startup": {"seconds": seconds, "import_over_keras": ratio},
        "profile": {"encoders": {"gru": profile_of_a_step()}},
    }
    for name, report in reports.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(report))
    page = speed_page.fill(speed_page.TEMPLATE.read_text(), tmp_path)
    assert "Not measured" not in page
    assert page.count("<!-- table:") == page.count("<!-- end -->") == len(speed_page.TABLES)
    assert "| LSTM, 512 | 420 | 500 | 400 | 200 |  | 400 (compile) |  |" in page
    assert "| GRU, 128 | `vae.fit(x)` | 2.10 (2.05 to 2.15) |  | 1.05 (1.02 to 1.07) |" in page
    assert "| dense, 128 | 172.1 | 140 (numpy) | 70 | 80 | 75 | 0.51 | 0.61 | 0.49 |" in page
    assert "| time steps 784, GRU | 784.0 | 784.0 | 1.00 | 600 | 600 | 1.00 |" in page
    assert "| import keras | 2.00 (1.90 to 2.10) |" in page
    assert "| GRU | 12.0 | 10.0 | 80% | 20% | MatMul 8.0, Mul 2.0 |" in page
    assert speed_page.fill(page, tmp_path) == page


def test_there_is_a_page_where_there_are_figures_and_it_holds_them():
    page, stored = speed_page.PAGE, speed_page.PAGE.with_suffix("")
    assert page.exists() == stored.exists()
    if page.exists():
        assert speed_page.fill(speed_page.TEMPLATE.read_text(), stored) == page.read_text()


@pytest.mark.slow
def test_startup_times_fresh_processes():
    python = sys.executable
    commands = {
        "plain": [python, "-c", "pass"],
        "parts": [python, "-c", "print('{\"first step\": 0.5}')"],
    }
    figures = startup.measure(commands, rounds=2)
    assert figures["parts"]["first step"]["median"] == 0.5
    assert len(figures["plain"]["whole"]["rounds"]) == 2
    with pytest.raises(RuntimeError, match="ValueError: no"):
        startup.run([python, "-c", "raise ValueError('no')"], ".")
    assert set(startup.cases(["gru"])) >= {"import keras", "import keras_vrae", "first step, gru"}


@pytest.mark.slow
def test_training_is_measured_beside_the_tutorial():
    x = np.random.default_rng(0).random((32, 28, 28), dtype="float32")
    result = training.measure(x, "gru", 16, ["tutorial"], rounds=2, units=8)
    rates = result["training"]["images_per_second"]
    assert set(rates) == {*training.OURS, "tutorial", *training.LIMITS}
    assert 0 < result["training"]["fraction_of_limit"]["fit"]["median"] < 1
    assert set(result["encoding"]["images_per_second"]) == {"fit", "threads", "tutorial"}
    assert result["training"]["peak_memory_mib"]["fit"] > 100


@pytest.mark.slow
def test_growth_is_measured_in_a_process_for_each_point():
    point = {"encoder": "dense", "batch_size": 4, "hidden_units": 4, "steps": 2}
    point = {"sweep": "steps", **point, "features": 3, "examples": 8}
    row = growth.measure(point, "fit", turns=2)
    assert row["milliseconds_per_step"] > 0
    assert row["peak_memory_mib"] > 100


@pytest.mark.slow
def test_an_epoch_of_documents_takes_its_turns(monkeypatch):
    monkeypatch.setattr(text_speed, "CONTENDERS", {"ours": text_speed.CONTENDERS["ours"]})
    counts = sparse.csr_matrix(np.arange(60.0, dtype="float32").reshape(12, 5) % 3)
    figures = text_speed.measure(counts, rounds=2, batch_size=4, hidden_units=8, latent_dim=2)
    assert (figures["documents"], figures["terms"], figures["batch_size"]) == (12, 5, 4)
    assert len(figures["documents_per_second"]["ours"]["rounds"]) == 2
    assert figures["ours_over"] == {}
