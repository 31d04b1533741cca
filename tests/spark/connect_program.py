"""A program with a session of Spark Connect: runs what its standard input asks for, a line of JSON each.

    python connect_program.py PACKAGES

It starts a server of its own. `do`: run, update, or interrupted (a run whose session interrupts all from another thread as
soon as a task of it runs).
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, sys.argv[1])
SETTINGS = ("spark.sql.adaptive.enabled", "spark.sql.execution.arrow.maxRecordsPerBatch")


def interrupt_when_it_runs(spark, output: str, ended: threading.Event) -> None:
    """As soon as something is staged, again and again: an operation must be under way to be interrupted."""
    def interrupt():
        while not ended.wait(0.2):
            if any(Path(output).parent.rglob("*")):
                spark.interruptAll()

    threading.Thread(target=interrupt, daemon=True).start()


def answer(spark, request: dict) -> dict:
    import gristmill.spark
    before = [spark.conf.get(name) for name in SETTINGS]
    kind = request.pop("do")
    ended = threading.Event()
    if kind == "interrupted":
        interrupt_when_it_runs(spark, request["output"], ended)
    try:
        call = gristmill.spark.update if kind == "update" else gristmill.spark.run
        result = call(spark, **request)
        reply = {"published": result.published, "passed": result.passed, "output": result.output}
    except Exception as error:  # noqa: BLE001: told
        reply = {"error": {"kind": type(error).__name__, "text": str(error), "trace": traceback.format_exc()}}
    ended.set()
    return reply | {"changed": before != [spark.conf.get(name) for name in SETTINGS]}


def main() -> None:
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.remote("local[2]").getOrCreate()
    print(json.dumps({"session": type(spark).__module__}), flush=True)
    for line in sys.stdin:
        began = time.monotonic()
        print(json.dumps(answer(spark, json.loads(line)) | {"seconds": time.monotonic() - began}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
