"""Artifacts, and what is associated with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import Cloud, refused, training


def artifact(sm: Any, uri: str, kind: str = "DataSet", **more: Any) -> str:
    return sm.create_artifact(Source={"SourceUri": uri}, ArtifactType=kind, **more)["ArtifactArn"]


def test_an_artifact_is_described_as_it_was_created(sm: Any) -> None:
    types = [{"SourceIdType": "S3ETag", "Value": "e"}]
    given = {
        "ArtifactName": "baskets",
        "Source": {"SourceUri": "s3://data/lineage/a", "SourceTypes": types},
        "ArtifactType": "DataSet",
        "Properties": {"rows": "1"},
        "MetadataProperties": {"CommitId": "abc"},
    }
    arn = sm.create_artifact(**given, Tags=[{"Key": "a", "Value": "1"}])["ArtifactArn"]
    found = sm.describe_artifact(ArtifactArn=arn)
    assert {name: found[name] for name in given} == given
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"
    assert sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    twice = {"Source": {"SourceUri": "s3://data/lineage/a"}, "ArtifactType": "DataSet"}
    refused("ValidationException", "same source already exists", sm.create_artifact, **twice)
    named = {"Source": {"SourceUri": "s3://other"}, "ArtifactType": "DataSet", "ArtifactName": "baskets"}
    refused("ValidationException", "already exists", sm.create_artifact, **named)
    nobody = arn[:-4] + "0000"
    refused("ResourceNotFound", "does not exist", sm.describe_artifact, ArtifactArn=nobody)


def test_artifacts_are_found_by_their_source(cloud: Cloud, sm: Any) -> None:
    arns = [artifact(sm, f"s3://data/listed/{index}", "Listed") for index in range(12)]
    (found,) = sm.list_artifacts(SourceUri="s3://data/listed/3")["ArtifactSummaries"]
    assert (found["ArtifactArn"], found["Source"]) == (arns[3], {"SourceUri": "s3://data/listed/3"})
    pages = sm.get_paginator("list_artifacts").paginate(ArtifactType="Listed")
    listed = [[one["ArtifactArn"] for one in page["ArtifactSummaries"]] for page in pages]
    assert [len(page) for page in listed] == [10, 2]
    assert [arn for page in listed for arn in page] == arns[::-1]
    cloud.control("POST", "clock", {"advance": 5})
    arns.append(artifact(sm, "s3://data/listed/later", "Listed"))
    # Between the last two: clients round to whole seconds.
    moment = sm.describe_artifact(ArtifactArn=arns[-1])["CreationTime"] - timedelta(seconds=2)
    (later,) = sm.list_artifacts(ArtifactType="Listed", CreatedAfter=moment)["ArtifactSummaries"]
    assert later["ArtifactArn"] == arns[-1]
    assert (
        len(sm.list_artifacts(ArtifactType="Listed", CreatedBefore=moment, MaxResults=100)["ArtifactSummaries"]) == 12
    )


@pytest.fixture
def job(cloud: Cloud, sm: Any) -> str:
    """The entity of a training job."""
    names = [job["name"] for job in cloud.control("GET", "jobs")]
    if "of-lineage" not in names:
        unmapped = {"TrainingImage": "unmapped", "TrainingInputMode": "File"}
        sm.create_training_job(**training("of-lineage", AlgorithmSpecification=unmapped))
    return "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/of-lineage-aws-training-job"


def test_associations_lead_from_data_to_model(sm: Any, job: str) -> None:
    data, model = artifact(sm, "s3://data/from"), artifact(sm, "s3://data/to", "Model", ArtifactName="the-model")
    sm.add_association(SourceArn=data, DestinationArn=job, AssociationType="ContributedTo")
    assert sm.add_association(SourceArn=job, DestinationArn=model, AssociationType="Produced")["SourceArn"] == job
    (found,) = sm.list_associations(SourceArn=job)["AssociationSummaries"]
    assert (found["DestinationArn"], found["AssociationType"]) == (model, "Produced")
    assert (found["SourceType"], found["SourceName"]) == ("SageMakerTrainingJob", "of-lineage-aws-training-job")
    assert (found["DestinationType"], found["DestinationName"]) == ("Model", "the-model")
    (found,) = sm.list_associations(DestinationArn=job, SourceType="DataSet")["AssociationSummaries"]
    assert found["SourceArn"] == data and "SourceName" not in found
    twice = {"SourceArn": data, "DestinationArn": job}
    refused("ValidationException", "already exists", sm.add_association, **twice)
    sm.delete_association(**twice)
    assert sm.list_associations(DestinationArn=job)["AssociationSummaries"] == []
    refused("ResourceNotFound", "does not exist", sm.delete_association, **twice)


@pytest.mark.parametrize("resource", ["artifact/none", "experiment-trial-component/none-aws-training-job", "action/a"])
def test_both_ends_must_be_there(sm: Any, job: str, resource: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:{resource}"
    refused("ResourceNotFound", arn, sm.add_association, SourceArn=arn, DestinationArn=job)
    refused("ResourceNotFound", arn, sm.add_association, SourceArn=job, DestinationArn=arn)
    assert sm.list_associations(SourceArn=arn)["AssociationSummaries"] == []
