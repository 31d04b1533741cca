"""gristmill as a Dagster asset, with an asset check for each of its thirteen checks.

    GRISTMILL_RECIPE=/etc/gristmill/nightly.yaml dagster dev -f dagster_daily.py
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import dagster

NO_INPUT = 6  # the exit code of a run that finds none of its input files
CHECKS = ("missing_ids", "duplicate_ids", "unmatched_sessions", "missing_types", "rejected_lines", "repairs", "repeated_lines", "range",
          "time", "unusable_files", "nothing_recognised", "volume", "drift")


def check_results(result: dict):
    """One of each check: Dagster takes an asset that leaves one out for failed."""
    for name in CHECKS:
        if "checks" not in result:
            yield dagster.AssetCheckResult(check_name=name, passed=True, description="no new line was there to be checked")
            continue
        check = dict(result["checks"][name])
        status = check.pop("status")
        severity = dagster.AssetCheckSeverity.ERROR if status == "failed" else dagster.AssetCheckSeverity.WARN
        yield dagster.AssetCheckResult(check_name=name, passed=status in ("passed", "ignored"), severity=severity, metadata=check)


@dagster.asset(output_required=False, check_specs=[dagster.AssetCheckSpec(name, asset="sessions") for name in CHECKS])
def sessions(context: dagster.AssetExecutionContext):
    """Sessions, partitions and quarantine of all files so far."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "result.json")
        words = ["gristmill", "update", "--recipe", os.environ["GRISTMILL_RECIPE"], "--quiet", "--result", str(told)]
        ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        context.log.info(ended.stdout)
        if not told.exists():
            raise dagster.Failure(f"gristmill exited with {ended.returncode} and wrote no result file", allow_retries=False)
        result = json.loads(told.read_text())
    if "checks" in result or result["exit_code"] in (0, NO_INPUT):
        yield from check_results(result)
    if result["status"] == "published":
        yield dagster.MaterializeResult(metadata=result["counts"] | {"output": result["output"], "run": result["run_id"]})
    if result["exit_code"] in (0, NO_INPUT):
        return
    why = f"{result['error']['message']} {result['error']['advice']}"
    if result["retryable"]:
        raise dagster.RetryRequested(max_retries=3, seconds_to_wait=float(os.environ.get("NIGHTLY_RETRY_SECONDS", "600"))) from dagster.Failure(why)
    raise dagster.Failure(why, allow_retries=False)


definitions = dagster.Definitions(
    assets=[sessions],
    schedules=[dagster.ScheduleDefinition(name="nightly", target=dagster.AssetSelection.assets(sessions), cron_schedule="0 3 * * *")])
