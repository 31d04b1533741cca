"""OpenLineage events, read by the classes that its Python package generates from its published schema: what these do not
know, or lack, is an error, and a facet has the address of the schema that its class was made from."""

from __future__ import annotations

import typing
from enum import Enum

import attr
from openlineage.client.generated import (base, data_quality_assertions_dataset, error_message_run, input_statistics_input_dataset,
                                          job_type_job, output_statistics_output_dataset, parent_run, processing_engine_run,
                                          schema_dataset)

FACETS = {"schema": schema_dataset.SchemaDatasetFacet, "parent": parent_run.ParentRunFacet,
          "processing_engine": processing_engine_run.ProcessingEngineRunFacet, "errorMessage": error_message_run.ErrorMessageRunFacet,
          "jobType": job_type_job.JobTypeJobFacet,
          "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
          "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
          "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet}


def read(value, kind=base.RunEvent):
    """The value as an object of this class; a facet by its name."""
    if typing.get_origin(kind) is typing.Union or type(kind).__name__ == "UnionType":
        (kind,) = [one for one in typing.get_args(kind) if one is not type(None)]
    if typing.get_origin(kind) is list:
        return [read(one, typing.get_args(kind)[0]) for one in value]
    if typing.get_origin(kind) is dict:
        return {name: read(one, FACETS[name]) for name, one in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if not attr.has(kind):
        assert isinstance(value, kind), (value, kind)
        return value
    attr.resolve_types(kind)
    fields = {field.name: field for field in attr.fields(kind)}
    assert value.keys() <= fields.keys(), f"{kind.__name__} has no {sorted(value.keys() - fields.keys())}"
    for name in {"schemaURL", "_schemaURL"} & value.keys():
        assert value[name] == kind._get_schema()
    return kind(**{fields[name].alias: read(one, fields[name].type) for name, one in value.items() if fields[name].init})
