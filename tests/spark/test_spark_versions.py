"""What must hold on Spark 4 must hold on Spark 3.5: the same tests, with its session in the place of the other."""

from __future__ import annotations

import pytest
from driver import connected, missing
from test_spark_bytes import (  # noqa: F401
    test_hostile_ids, test_hostile_lines, test_lines_around_splits, test_lines_around_their_limit, test_many_files_of_all_kinds,
    test_missing_ids_and_all_sessions, test_nothing_in_it, test_one_data_set_only)
from test_spark_command import root, submit, test_as_a_module, test_by_spark_submit, test_interrupted_while_reading  # noqa: F401
from test_spark_ends import (  # noqa: F401
    old, small, test_compressed_stream_that_is_cut_off, test_failed_check_waits_for_publish,
    test_input_that_changes_after_it_was_listed)
from test_spark_faults import (  # noqa: F401
    plain, test_executor_killed, test_python_workers_killed, test_stage_made_again_since_its_executors_are_gone,
    test_task_that_dies_always)
from test_spark_memory import test_half_of_the_data_in_one_profile, test_large_splits  # noqa: F401
from test_spark_s3 import aws, test_both_ways, test_keys_that_are_handed_over  # noqa: F401
from test_signals import endless  # noqa: F401

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def _session(tmp_path_factory):
    """Takes the place of the session on Spark 4."""
    assert not missing(3), missing(3)
    spark = connected(tmp_path_factory.mktemp("spark3"), version=3)
    assert spark.about["version"].startswith("3.5.")
    yield spark
    spark.close()
