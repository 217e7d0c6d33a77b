import json
import re
import sys

import numpy as np
import pytest
from conftest import ROOT
from loopback import Models, answer_rest, serve_grpc, serve_rest

from export import client

README = (ROOT / "export" / "serving" / "README.md").read_text()


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
    monkeypatch.setitem(client.PROTOCOLS, "rest", (lambda *request: sent.append(request) or {}, ""))
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode"], "`images` must be one file or more for encode"),
        (["decode"], "`z` must be one point or more"),
        (["decode", "--z", "1,x"], "could not convert"),
        (["encode", "--images", "nowhere.npy"], "nowhere.npy"),
    ],
)
def test_mistakes_get_one_line_and_status_2(ask, arguments, message):
    status, line = ask(*arguments)
    assert status == 2
    assert message in line


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_no_server_is_one_line(monkeypatch, capsys, protocol):
    arguments = ["client", "generate", f"--protocol={protocol}", "--server=127.0.0.1:9"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert client.main() == 1
    assert "127.0.0.1:9" in capsys.readouterr().err


# The README next to the compose file.

BODIES = re.findall(
    r"^`POST /v1/models/(\w+):predict`\n+```json\n(.*?)^```\n+```json\n(.*?)^```",
    README,
    re.MULTILINE | re.DOTALL,
)


def close(found, expected):
    """Whether two JSON values are equal, numbers to the digits that are printed."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[k], expected[k]) for k in found)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    return abs(found - expected) < 2e-3


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
        r"refused.*?```json\n(.*?)```\n+```json\n(.*?)```", README, re.DOTALL
    ).groups()
    sent = urllib.request.Request(
        f"http://{servers['rest']}/v1/models/encoder:predict", data=request.encode()
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent)
    assert caught.value.code == 400
    said = json.load(caught.value)["error"]
    assert json.loads(response)["error"] in said
