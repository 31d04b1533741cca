"""Measures how long the publication of many objects on S3 takes: by the driver alone, and with tasks that help it.

    build/venv/bin/python bench/spark/publishing.py [--objects N] [--executors N] [--delay SECONDS]

From COMMIT to `_SUCCESS`, as the server's folder shows them. Cluster, server, and the line on which every request takes
longer share this machine's cores: beyond what these can do, more executors show nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("bench/measure", "tests/spark", "tests/s3", "tests/programs", "build/release/python")]

from cluster import Cluster  # noqa: E402
from server import Server  # noqa: E402

GRISTMILL = ROOT / "build/release/gristmill"


class Watch:
    """The seconds from the moment that COMMIT is there until `_SUCCESS` is."""

    def __init__(self, root: Path):
        self.root, self.begun, self.ended = root, 0.0, 0.0
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        while not (self.root / "_staging/COMMIT").exists():
            time.sleep(0.02)
        self.begun = time.monotonic()
        while not (self.root / "_SUCCESS").exists():
            time.sleep(0.02)
        self.ended = time.monotonic()

    def seconds(self) -> float:
        self.thread.join(60)
        return self.ended - self.begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--executors", type=int, nargs="*", default=[2, 8], help="of one core each")
    parser.add_argument("--delay", type=float, default=0.03, metavar="SECONDS")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        measure(words, Path(folder))


def measure(words: argparse.Namespace, folder: Path) -> None:
    data = folder / "data"
    subprocess.run([GRISTMILL, "generate", data, "--profiles", str(words.objects // 2), "--sessions", "1", "--collections", "1",
                    "--behaviours", "2", "--quiet"], check=True)
    server = Server(folder)
    line = subprocess.Popen([sys.executable, ROOT / "bench/s3/delay_line.py", server.host, str(words.delay)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    try:
        variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret, "AWS_REGION": "us-east-1",
                     "AWS_ENDPOINT_URL": f"http://{line.stdout.readline().strip()}", "AWS_EC2_METADATA_DISABLED": "true"}
        inputs = {name: data / name for name in ("collections", "predictions")}
        bucket = server.client.make_bucket("alone")
        watch = Watch(server.folder / "alone/out")
        subprocess.run([GRISTMILL, "run", *(word for name, path in inputs.items() for word in (f"--{name}", path)), "--output", f"{bucket}/out",
                        "--s3-publish", "staged", "--quiet"], check=True, env={**os.environ, **variables})
        alone = watch.seconds()
        print(f"one machine: {alone:.1f} s, {words.objects / alone:,.0f} objects a second", flush=True)
        server.forget(bucket)
        os.environ.update(variables)
        for executors in words.executors:
            print(f"{executors} executors: ", end="", flush=True)
            seconds = on_cluster(server, inputs, executors)
            print(f"{seconds:.1f} s, {words.objects / seconds:,.0f} objects a second, {alone / seconds:.1f} times as fast", flush=True)
    finally:
        line.stdin.close()
        line.wait()
        server.stop()


def on_cluster(server: Server, inputs: dict[str, Path], executors: int) -> float:
    import gristmill.spark
    bucket = server.client.make_bucket(f"cluster-{executors}")
    with Cluster(Path(sys.executable), ROOT / "build/release/python", workers=executors, memory="1g") as cluster:
        spark = cluster.session("benchmark", **{"spark.cores.max": str(executors)})
        watch = Watch(server.folder / f"cluster-{executors}/out")
        gristmill.spark.run(spark, output=f"{bucket}/out", progress=False, **inputs)
        seconds = watch.seconds()
        spark.stop()
    server.forget(bucket)
    return seconds


if __name__ == "__main__":
    main()
