"""Runs the example's DAG once in this process, and prints the states of its task as JSON."""

from __future__ import annotations

import json
import subprocess
import sys

sys.path.insert(0, sys.argv[1])

from airflow.utils.db import initdb  # noqa: E402
from airflow_daily import gristmill_daily  # noqa: E402

initdb()
subprocess.run([sys.executable, "-m", "airflow", "dags", "reserialize"], check=True, stdout=sys.stderr)
run = gristmill_daily().test()
print(json.dumps([instance.state for instance in run.get_task_instances()]))
