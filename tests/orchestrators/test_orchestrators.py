"""What the examples for Airflow and Dagster make of each way in which a run ends: go on, skip, try again, fail."""

from __future__ import annotations

import json
import shutil

import pytest
from command import REPOSITORY, Gristmill
from test_output_roots import paused, wait_for

pytestmark = pytest.mark.long


def busy(night):
    """Another run that writes to the output, for some seconds."""
    gristmill = Gristmill(night.folder)
    other = paused(gristmill, ["run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out"],
                   "/COMMIT.new", 20_000, "journal")
    wait_for(lambda: list((night.folder / "out/_staging").glob("*/_SUCCESS")))
    return gristmill, other


class TestAirflow:
    @pytest.fixture
    def states(self, night):
        home = night.folder / "airflow"
        variables = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "false", "NIGHTLY_RETRY_SECONDS": "1",
                     "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "examples/orchestrators"),
                     "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}

        def run() -> list[str]:
            ended = night.run("airflow-venv", "run_airflow.py", **variables)
            assert ended.stdout.strip(), ended.stderr[-4000:]
            return json.loads(ended.stdout.splitlines()[-1])
        return run

    def test_new_files_nothing_new_and_no_files(self, night, states):
        assert states() == ["success"]
        assert json.loads((night.folder / "out/_manifest.json").read_text())["accounting"]["sessions"] == 20
        assert states() == ["success"]  # nothing is new
        shutil.rmtree(night.folder / "out")
        shutil.rmtree(night.folder / "in")
        assert states() == ["skipped"]

    def test_a_failed_check_is_not_tried_again(self, night, states):
        night.add("2", ["bad"] * 20, [])
        assert states() == ["failed"]

    def test_what_may_do_later_is_tried_again(self, night, states):
        gristmill, other = busy(night)
        assert states() in (["up_for_retry"], ["success"])
        gristmill.finish(other).must(0)


class TestDagster:
    @pytest.fixture
    def told(self, night):
        def run() -> dict:
            ended = night.run("dagster-venv", "run_dagster.py", DAGSTER_HOME=str(night.folder), NIGHTLY_RETRY_SECONDS="1")
            assert ended.stdout.strip(), ended.stderr[-4000:]
            return json.loads(ended.stdout.splitlines()[-1])
        return run

    def test_new_files_nothing_new_and_no_files(self, night, told):
        first = told()
        assert first["success"] and first["sessions"] == [20] and len(first["checks"]) == 13
        assert all(passed for passed, _ in first["checks"].values())
        second = told()
        assert second["success"] and second["sessions"] == []  # nothing is new
        shutil.rmtree(night.folder / "out")
        shutil.rmtree(night.folder / "in")
        last = told()
        assert last["success"] and last["sessions"] == [] and len(last["checks"]) == 13

    def test_a_failed_check(self, night, told):
        night.add("2", ["bad"] * 20, [])
        result = told()
        assert not result["success"] and result["sessions"] == []
        assert result["checks"]["rejected_lines"] == [False, "ERROR"] and result["checks"]["repairs"][0] is True

    def test_what_may_do_later_is_tried_again(self, night, told):
        gristmill, other = busy(night)
        result = told()
        assert "STEP_UP_FOR_RETRY" in result["events"] and "STEP_RESTARTED" in result["events"]
        gristmill.finish(other).must(0)
