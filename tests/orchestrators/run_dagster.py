"""Materializes the example's asset in this process; prints as JSON whether that went well, the checks by name, the metadata
and the kinds of event."""

from __future__ import annotations

import json
import sys

import dagster

sys.path.insert(0, sys.argv[1])

from dagster_daily import sessions  # noqa: E402

result = dagster.materialize([sessions], raise_on_error=False)
checks = {one.check_name: [one.passed, one.severity.value] for one in result.get_asset_check_evaluations()}
counted = [one.materialization.metadata["sessions"].value for one in result.get_asset_materialization_events()]
print(json.dumps({"success": result.success, "checks": checks, "sessions": counted,
                  "events": sorted({event.event_type_value for event in result.all_events})}))
