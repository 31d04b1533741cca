"""Runs the example's DAG once in this process, and prints the states of its task, one for each try, as JSON."""

from __future__ import annotations

import json
import sys

sys.path.insert(0, sys.argv[1])

from airflow_daily import gristmill_daily  # noqa: E402

run = gristmill_daily().test()
print(json.dumps([instance.state for instance in run.get_task_instances()]))
