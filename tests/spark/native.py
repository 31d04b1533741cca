"""The same job by the command and on Spark."""

from __future__ import annotations

from pathlib import Path

from command import OK, Gristmill
from comparison import must_be_same
from driver import Outcome, Spark
from outputs import nothing_left_over
from test_report_schema import check_report


def flags(settings: dict) -> list[str]:
    """Keywords of Python as words of the command."""
    words = []
    for name, value in settings.items():
        flag = "--" + name.replace("__", "-").replace("_", "-")
        if value is True:
            words.append(flag)
        elif isinstance(value, (list, tuple)):
            words += [word for each in value for word in (flag, str(each))]
        else:
            words += [flag, str(value)]
    return words


class Twin:
    """Runs a job twice, in a folder each: `place` is that of the command, `on_spark` the other."""

    def __init__(self, command: Gristmill, spark: Spark):
        self.command, self.spark = command, spark
        self.native = command.folder / "native/out"
        self.root = command.folder / "on_spark/out"
        self.count = 0

    def expect(self, collections=(), predictions=(), **settings) -> Twin:
        """What the command makes of it."""
        self.native.parent.mkdir(exist_ok=True)
        self.command.run(collections, predictions, self.native, *flags(settings)).must(OK)
        nothing_left_over(self.native)
        return self

    def words(self, collections=(), predictions=(), **settings) -> dict:
        """The arguments of the same job on Spark."""
        self.root.parent.mkdir(exist_ok=True)
        given = {"collections": collections or None, "predictions": predictions or None}
        return {**given, "output": self.root, **settings}

    def compare(self, outcome: Outcome) -> Outcome:
        """Fails unless it was published, as the command would, and nothing else is there."""
        outcome.must_publish()
        must_be_same(self.native, self.root)
        check_report(self.root / "validation/report.json")
        self.command("verify", self.root).must(OK)
        nothing_left_over(self.root)
        assert not self.spark.left_over(), "left over in the scratch folder of the executors"
        return outcome

    def both(self, collections=(), predictions=(), on_spark=None, **settings) -> Outcome:
        """Runs both; `on_spark` are further arguments of Spark's."""
        self.expect(collections, predictions, **settings)
        return self.again(collections, predictions, on_spark, **settings)

    def again(self, collections=(), predictions=(), on_spark=None, **settings) -> Outcome:
        """Runs only Spark's, against what the command made before."""
        words = self.words(collections, predictions, **settings, **(on_spark or {}))
        return self.compare(self.spark.run(**words))
