"""The same run on a Spark cluster: its executors do the work, this driver plans and publishes.

    python -m gristmill.spark --master spark://host:7077 --collections s3://... --predictions s3://... --output s3://...

or, with a session that is there:

    import gristmill.spark
    result = gristmill.spark.run(spark, collections="s3://...", predictions="s3://...", output="s3://...")

`update` adds what is new to an output that grows, as ``--update`` does.

`session` drives the cluster (`classic`, `connect`), `command` is the command line before it, `tasks` is what executors do. Every
Python worker imports this package for `tasks`, so what is imported here stays small: neither pyspark nor a command line.

docs/operate/spark.md tells what the cluster needs.
"""

from __future__ import annotations

from .session import run, update

__all__ = ["main", "run", "update"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command ``python -m gristmill.spark``.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line; without them, the process's own.

    Returns
    -------
    int
        Its exit code, one of docs/guide/exit-codes.md.
    """
    from .command import main as command
    return command(arguments)
