"""An Airflow DAG that adds each night's files to one output.

gristmill's result file says how the run ended, and so what Airflow is to do: try again, skip or fail. Copy this file into
the folder of your DAGs, and set GRISTMILL_RECIPE in the environment of your workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

NO_INPUT = 6  # the exit code of a run that finds none of its input files


@dag(schedule="0 3 * * *", start_date=datetime(2025, 5, 1), catchup=False, max_active_runs=1, tags=["gristmill"])
def gristmill_daily():
    @task(retries=3, retry_delay=timedelta(seconds=float(os.environ.get("NIGHTLY_RETRY_SECONDS", "600"))))
    def add_new_files() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            told = Path(folder, "result.json")
            words = ["gristmill", "update", "--recipe", os.environ["GRISTMILL_RECIPE"], "--quiet", "--result", str(told)]
            ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            print(ended.stdout)
            if not told.exists():
                raise AirflowFailException(f"gristmill exited with {ended.returncode} and wrote no result file")
            result = json.loads(told.read_text())
        if result["exit_code"] == 0:
            return result.get("counts", {})  # none where nothing was new
        why = f"{result['error']['message']} {result['error']['advice']}"
        if result["exit_code"] == NO_INPUT:
            raise AirflowSkipException(why)
        if result["retryable"]:
            raise AirflowException(why)
        raise AirflowFailException(why)

    add_new_files()


gristmill_daily()
