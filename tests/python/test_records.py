"""Records from memory where there are none, or one that is nothing."""

import gristmill as gm
import pytest


@pytest.mark.parametrize("nothing", [[], (), iter(())])
def test_nothing_is_no_data_set(nothing):
    """An empty list would leave the data set out of the output that takes the place of one that has it."""
    with pytest.raises(gm.UsageError, match="collections"):
        gm.validate(collections=nothing, progress=False)


def test_none_among_records_is_an_error_wherever_it_stands():
    record = {"metadata": {"profile_id": "p"}, "behaviour": {}}
    for records in ([None, record], [record, None]):
        with pytest.raises(gm.UsageError, match="NoneType"):
            gm.validate(collections=records, progress=False)
