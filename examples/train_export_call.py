"""From `pip install` to answers of a server: `python examples/train_export_call.py`.

The way of an engineer, who writes no code for it: each step is a command of the package, printed
before it runs. It trains a model on handwritten digits, exports it, prints how a TF Serving server
is started on the export, and waits for that server; start it in another terminal. Then the client
asks it for the codes and the reconstructions of three digits. Arguments: a folder for the files
(`served_digits`), and the address of the server (`localhost:8501`).
"""

import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SECONDS_TO_WAIT = 600


def run(*command):
    """Prints a command of the package and runs it."""
    print("$ keras-vrae", shlex.join(command), flush=True)
    subprocess.run([sys.executable, "-m", "keras_vrae", *command], check=True)


def wait_for(server):
    """Waits until a server answers at an address."""
    for _ in range(SECONDS_TO_WAIT):
        try:
            urllib.request.urlopen(f"http://{server}/v1/models/encoder", timeout=5).close()
        except urllib.error.HTTPError:
            return  # It is there, whatever it thinks of the question.
        except OSError:
            time.sleep(1)
        else:
            return
    raise SystemExit(f"No server has answered at {server} for {SECONDS_TO_WAIT} seconds.")


def main(folder="served_digits", server="localhost:8501"):
    """Trains, exports, and calls."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    run_dir, export_dir, images = (str(folder / name) for name in ("run", "models", "images.npy"))
    run("train", "--encoder=gru", "--epochs=10", f"--run_dir={run_dir}", "--overwrite")
    run("export", f"--run_dir={run_dir}", f"--export_dir={export_dir}")
    np.save(images, (load_digits().images[:3] / 16).astype("float32"))

    print(
        f"""
Start the server:
docker run --rm -p 8501:8501 -v {Path(export_dir).resolve()}:/models tensorflow/serving \\
    --model_config_file=/models/models.config
Waiting for {server} ...
""",
        flush=True,
    )
    wait_for(server)
    run("client", "encode", "--images", images, "--server", server)
    answer = str(folder / "reconstructions.npz")
    run("client", "reconstruct", "--images", images, "--server", server, "--output", answer)
    with np.load(answer) as arrays:
        print({name: array.shape for name, array in arrays.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
