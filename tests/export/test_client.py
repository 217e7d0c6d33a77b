import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from conftest import ROOT
from loopback import Models, answer_rest, serve_grpc, serve_rest

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving.signatures import SIGNATURES
from keras_vrae_cli import client

pytestmark = pytest.mark.slow  # It starts servers.
PAGE = (ROOT / "docs" / "serving.md").read_text()


@pytest.fixture(scope="module")
def models(exported):
    return Models(exported[0])


@pytest.fixture(scope="module")
def servers(models):
    """Address of a server by protocol."""
    (grpc_server, grpc_address), (rest_server, rest_address) = (
        serve_grpc(models),
        serve_rest(models),
    )
    yield {"grpc": grpc_address, "rest": rest_address}
    grpc_server.stop(None).wait()
    rest_server.shutdown()
    rest_server.server_close()


@pytest.fixture
def ask(servers, monkeypatch, capsys):
    """Runs the client as a program; returns its status and what it printed."""

    def run(*arguments, protocol="rest"):
        flags = [f"--protocol={protocol}", f"--server={servers[protocol]}"]
        monkeypatch.setattr(sys, "argv", ["client", *arguments, *flags])
        status = client.main()
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out else printed.err

    return run


@pytest.fixture
def images(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, np.random.default_rng(0).random((4, 3, 2), "float32"))
    return str(path)


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_client_asks_for_everything(ask, small_model, images, protocol, tmp_path):
    x = np.load(images)
    posterior = small_model.encode(x)
    status, answer = ask("encode", "--images", images, protocol=protocol)
    assert status == 0
    np.testing.assert_allclose(answer["z_mean"], posterior.z_mean, atol=1e-5)
    np.testing.assert_allclose(answer["z_log_var"], posterior.z_log_var, atol=1e-5)
    points = [",".join(map(str, row)) for row in posterior.z_mean.tolist()]
    for arguments in (["reconstruct", "--images", images], ["decode", f"--z={points[0]}"]):
        if arguments[0] == "decode":
            arguments = ["decode", "--z", *points]
        status, answer = ask(*arguments, protocol=protocol)
        expected = small_model.reconstruct(x)
        np.testing.assert_allclose(answer["reconstruction"], expected, atol=1e-5)
    _, one = ask("sample", "--images", images, "--seed", "7", protocol=protocol)
    _, two = ask("sample", "--images", images, "--seed", "7", "7", "8", "9", protocol=protocol)
    np.testing.assert_allclose(one["z"][:2], two["z"][:2], atol=1e-5)
    assert np.abs(np.subtract(one["z"], two["z"])[2:]).min() > 0
    _, scores = ask("score", "--images", images, protocol=protocol)
    assert {name: len(rows) for name, rows in scores.items()} == {
        "elbo": 4,
        "reconstruction": 4,
        "kl": 4,
    }
    _, padded = ask(
        "encode", "--images", images, "--lengths", "3", "1", "2", "3", protocol=protocol
    )
    np.testing.assert_allclose(padded["z_mean"][0], posterior.z_mean[0], atol=1e-5)
    stored = tmp_path / "answer.npz"
    status, answer = ask("generate", "--seed", "1", "2", f"--output={stored}", protocol=protocol)
    assert (status, answer) == (0, "")
    assert np.load(stored)["reconstruction"].shape == (2, 3, 2)


def test_image_files_become_numbers_between_0_and_1(tmp_path):
    from PIL import Image

    pixels = np.array([[0, 255], [51, 102], [255, 0]], "uint8")
    paths = [str(tmp_path / f"{number}.png") for number in range(2)]
    for path in paths:
        Image.fromarray(pixels).save(path)
    read = client.read_images(paths)
    assert (read.shape, read.dtype) == ((2, 3, 2), "float32")
    np.testing.assert_allclose(read[1], pixels / 255, atol=1e-7)


def test_examples_in_double_precision(monkeypatch, tmp_path):
    x = 1e5 + np.random.default_rng(0).random((2, 3)) / 1e4
    np.save(tmp_path / "x.npy", x)
    sent = []
    monkeypatch.setitem(client.PREDICT, "rest", lambda *request: sent.append(request) or {})
    for flags in ([], ["--float64"]):
        monkeypatch.setattr(
            sys, "argv", ["client", "encode", f"--images={tmp_path / 'x.npy'}", *flags]
        )
        assert client.main() == 0
    single, double = (request[3]["inputs"] for request in sent)
    assert (single.dtype, double.dtype) == ("float32", "float64")
    np.testing.assert_array_equal(double, x)


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_refusal_of_the_server_is_one_line(ask, tmp_path, protocol):
    path = tmp_path / "wrong.npy"
    np.save(path, np.zeros((2, 3, 5)))
    status, line = ask("encode", "--images", str(path), protocol=protocol)
    assert status == 1
    assert "`inputs` must be of shape (rows, any, 2)" in line
    assert line.startswith("export.client: ")
    assert line.count("\n") == 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_invalid_rows_are_named_on_one_line(ask, tmp_path, protocol):
    x = np.random.default_rng(0).random((300, 3, 2))
    x[[5, 131, 299], 1, 0] = 2.0, np.nan, -1.0
    np.save(tmp_path / "x.npy", x)
    for arguments in (["encode"], ["sample", "--lengths", "3"]):
        status, line = ask(*arguments, "--images", str(tmp_path / "x.npy"), protocol=protocol)
        assert status == 1
        assert "Received: 3 invalid of 300 rows, counted from 0: 5, 131, 299\n" in line
        assert line.count("\n") == 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_large_inputs_are_sent_in_parts(ask, small_model, tmp_path, monkeypatch, protocol):
    x = np.random.default_rng(0).random((359, 3, 2), "float32")
    np.save(tmp_path / "x.npy", x)
    sent, predict = [], client.PREDICT[protocol]

    def counting(server, model, signature, inputs, version):
        sent.append(len(inputs["inputs"]))
        return predict(server, model, signature, inputs, version)

    monkeypatch.setitem(client.PREDICT, protocol, counting)
    images = ["--images", str(tmp_path / "x.npy")]
    _, answer = ask("encode", *images, protocol=protocol)
    assert sent == [128, 128, 103]
    np.testing.assert_allclose(answer["z_mean"], small_model.encode(x).z_mean, atol=1e-5)
    _, noisy = ask("sample", *images, "--seed=4", protocol=protocol)
    assert np.shape(noisy["z"]) == (359, 2)


def test_parts_of_decoded_sequences_are_put_together():
    answers = iter([np.ones((2, 3, 1)), np.ones((1, 5, 1)), np.ones((1, 2, 1))])
    joined = client.ask(lambda part: {"x": next(answers)}, {"seed": np.arange(300)})["x"]
    assert joined.shape == (4, 5, 1)
    assert joined[..., 0].sum(axis=1).tolist() == [3, 3, 5, 2]


@pytest.fixture
def sent(monkeypatch):
    """Returns a function of arguments that gives the one request of the client."""
    requests = []

    def predict(server, model, signature, inputs, version):
        requests.append((model, signature, inputs))
        return {}

    def run(*arguments):
        requests.clear()
        monkeypatch.setitem(client.PREDICT, "rest", predict)
        monkeypatch.setattr(sys, "argv", ["client", *arguments])
        assert client.main() == 0
        (request,) = requests
        return request

    return run


def test_every_command_asks_for_a_signature_that_exists(sent, images):
    model = kv.build("gru", (None, 2), hidden_units=4, decoder="gru")
    known = {
        (name, signature): set(parts.inputs)
        for name, make in SIGNATURES.items()
        for signature, parts in make(model).items()
    }
    for lengths in ([], ["--lengths", "3"]):
        for command in ("encode", "sample", "reconstruct", "score"):
            name, signature, inputs = sent(command, "--images", images, *lengths)
            assert known[name, signature] == set(inputs)
            assert {len(values) for values in inputs.values()} == {4}
    for arguments in (["decode", "--z", "0.5,1", "1,2"], ["generate", "--seed", "1", "2"]):
        name, signature, inputs = sent(*arguments, "--lengths", "3", "2")
        assert known[name, signature] == set(inputs)
        assert inputs["lengths"].tolist() == [3, 2]
    fixed = SIGNATURES["decoder"](kv.build("gru", (3, 2), hidden_units=4))
    name, signature, inputs = sent("decode", "--z", "0.5,1")
    assert set(fixed[signature].inputs) == set(inputs)


def test_text_is_sent_as_it_is(sent):
    texts = ["Ünïcode, a boat", ""]
    for command in ("encode_text", "hash"):
        model, signature, inputs = sent(command, "--text", *texts)
        assert (model, signature) == ("encoder", command)
        assert inputs["text"].tolist() == texts


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_text_and_hash_codes_are_answered(tmp_path, monkeypatch, capsys, protocol):
    model = kv.build_text("dense", ["boat", "wave", "wind"], latent_dim=9, hidden_units=4)
    texts = ["The boat, a WAVE", "wind", "nothing else"]
    counts = model.vectorizer(texts)
    model.binarizer.adapt(model.encode(counts).z_mean)
    serving.export(model, tmp_path, models=["encoder"])
    serve = serve_grpc if protocol == "grpc" else serve_rest
    server, address = serve(Models(tmp_path))
    answers = {}
    for command in ("encode_text", "hash"):
        flags = ["--text", *texts, f"--protocol={protocol}", f"--server={address}"]
        monkeypatch.setattr(sys, "argv", ["client", command, *flags])
        assert client.main() == 0, capsys.readouterr()
        answers[command] = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(
        answers["encode_text"]["z_mean"], model.encode(counts).z_mean, atol=1e-5
    )
    assert answers["hash"]["hash"] == kv.hash_codes(model, counts).tolist()
    server.stop(None) if protocol == "grpc" else (server.shutdown(), server.server_close())


def test_whole_numbers_are_divided_only_if_they_are_pixels(sent, tmp_path):
    path = tmp_path / "x.npy"

    def read(*flags):
        return sent("encode", "--images", str(path), *flags)[2]["inputs"]

    tokens = np.array([[3, 700, 0], [12, 1, 255]])
    np.save(path, tokens)
    np.testing.assert_array_equal(read(), tokens)
    roll = np.array([[0, 1], [1, 1]], "uint8")
    np.save(path, roll)
    np.testing.assert_array_equal(read(), roll)
    np.save(path, np.array([[0, 255]], "uint8"))
    np.testing.assert_array_equal(read("--pixels"), [[0, 1]])
    np.testing.assert_array_equal(read("--no-pixels"), [[0, 255]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode"], "`images` must be one file or more for encode"),
        (["decode"], "`z` must be one point or more"),
        (["decode", "--z", "1,x"], "could not convert"),
        (["encode", "--images", "nowhere.npy"], "nowhere.npy"),
        (["encode_text"], "`text` must be one document or more for encode_text"),
        (["hash"], "`images` must be one file or more for hash without `text`"),
        (["hash", "--text=a", "--lengths=3"], "`lengths` must be left out for hash"),
        (["decode", "--z=1,2", "--lengths", "3", "4"], "`lengths` must be one number, or one for"),
        (["generate", "--seed", str(2**63)], "`seed` must be of 64 bits"),
        (["encode", "--images", "PIXELS"], "`pixels` must be given for an array of uint8"),
        (["encode", "--images", "TEXT"], "must be an array (N, ...) of numbers. Received: <U1"),
    ],
)
def test_mistakes_get_one_line_and_status_2(ask, arguments, message, tmp_path):
    np.save(tmp_path / "pixels.npy", np.full((2, 3), 7, "uint8"))
    np.save(tmp_path / "text.npy", np.array(["a"]))
    files = {name: str(tmp_path / f"{name.lower()}.npy") for name in ("PIXELS", "TEXT")}
    status, line = ask(*[files.get(argument, argument) for argument in arguments])
    assert status == 2
    assert message in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
@pytest.mark.parametrize(
    "arguments", [["reconstruct", "--lengths", "3"], ["decode", "--lengths", "3"]]
)
def test_lengths_that_a_model_does_not_take_are_one_line(ask, images, arguments, protocol):
    given = ["--z", "1,2"] if arguments[0] == "decode" else ["--images", images]
    status, line = ask(*arguments, *given, protocol=protocol)
    assert status == 1
    assert line.count("\n") == 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_no_server_is_one_line(monkeypatch, capsys, protocol):
    for server in ("127.0.0.1:9", "127.0.0.1:port", "no host"):
        arguments = ["client", "generate", f"--protocol={protocol}", f"--server={server}"]
        monkeypatch.setattr(sys, "argv", arguments)
        assert client.main() == 1
        printed = capsys.readouterr().err
        assert server in printed
        assert printed.count("\n") == 1


def test_the_other_port_is_one_line(servers, monkeypatch, capsys):
    for protocol, other in (("rest", "grpc"), ("grpc", "rest")):
        arguments = ["client", "generate", f"--protocol={protocol}", f"--server={servers[other]}"]
        monkeypatch.setattr(sys, "argv", arguments)
        assert client.main() == 1
        printed = capsys.readouterr().err
        assert servers[other] in printed
        assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (200, b"<html>Sign in</html>", "Received: '<html>Sign in</html>'"),
        (502, b"<html>Bad gateway</html>", "Received with status 502: '<html>Bad gateway</html>'"),
        (200, b'{"predictions": [1]}', "must be a JSON object with `outputs`"),
        (200, b"[]", "must be a JSON object with `outputs`"),
        (200, b"\xff\xfe", "must be a JSON object with `outputs`"),
        (200, b"[" * 100_000, "must be a JSON object with `outputs`"),
        (200, b'{"outputs": {"z_mean": [[1], [1, 2]]}}', "must be a JSON object with `outputs`"),
        (200, b'{"outputs": {"z_mean": 3}}', "do not fit each other"),
        (404, b'{"error": "Servable not found"}', "export.client: Servable not found"),
    ],
)
def test_an_answer_of_another_server_is_one_line(
    monkeypatch, capsys, images, status, content, message
):
    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        arguments = ["client", "encode", "--images", images, f"--server={address}"]
        monkeypatch.setattr(sys, "argv", arguments)
        assert client.main() == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1


def test_an_output_that_cannot_be_written_is_one_line(ask, tmp_path):
    status, line = ask("generate", f"--output={tmp_path / 'nowhere' / 'x.npz'}")
    assert status == 1
    assert line.count("\n") == 1


# The page on serving.

BODIES = re.findall(
    r"^`POST /v1/models/(\w+):predict`\n+```json\n(.*?)^```\n+```json\n(.*?)^```",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def close(found, expected):
    """Whether two JSON values are equal, numbers to the digits that are printed."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[k], expected[k]) for k in found)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    return (found != found and expected != expected) or abs(found - expected) < 2e-3


def test_bodies_in_the_readme_are_true(models):
    forms = set()
    for model, request, response in BODIES:
        body, expected = json.loads(request), json.loads(response)
        answer = answer_rest(models, model, body)
        assert close(answer, expected), answer
        forms |= {("inputs" in body, body["signature_name"])}
    assert {(True, "encode"), (False, "encode"), (True, "sample"), (False, "sample")} <= forms
    assert {name for _, name in forms} >= {"decode", "generate", "encode_padded", "score"}


def test_refusal_in_the_readme_is_true(servers):
    import urllib.error
    import urllib.request

    (request, response) = re.search(
        r"refused.*?```json\n(.*?)```\n+```json\n(.*?)```", PAGE, re.DOTALL
    ).groups()
    sent = urllib.request.Request(
        f"http://{servers['rest']}/v1/models/encoder:predict", data=request.encode()
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent)
    assert caught.value.code == 400
    said = json.load(caught.value)["error"]
    number = re.compile(r"(?<=__inference_encode_)\d+")
    assert number.sub("", said) == number.sub("", json.loads(response)["error"])
