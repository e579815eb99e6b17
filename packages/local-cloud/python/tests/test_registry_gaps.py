"""What moto alone gets wrong of the model registry and of lineage; see gaps.py.

moto 5.2.5 has learned to filter and sort the registry's lists before it pages them; what tests ours is
test_registry_lists.py.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Cloud, refused
from gaps import Place, Rows
from registry import SERVING, described, register

ROWS = Rows()
row = ROWS.row
_NUMBER = count(1)
ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"
#: An operation that moto does not have.
LACKS = r"\(500\)|InternalServerError|Internal Server Error|ResponseParserError"


def group_of(place: Place, **more: Any) -> str:
    """A group of its own; gives its name."""
    name = f"gap-{next(_NUMBER)}"
    place.s3.put_object(Bucket="data", Key="registry/model.tar.gz", Body=b"model")
    place.sm.create_model_package_group(ModelPackageGroupName=name, **more)
    return name


def package_of(place: Place, **more: Any) -> str:
    """A version in a group of its own; gives its ARN."""
    return register(place.sm, group_of(place), **more)


# -- groups


@row(moto="DID NOT RAISE")
def a_group_name_is_taken_once(place: Place) -> None:
    name = group_of(place)
    words = "Model Package Group already exists"
    refused("ValidationException", words, place.sm.create_model_package_group, ModelPackageGroupName=name)


@row(moto="KeyError: 'CreatedBy'")
def the_creator_of_a_group_is_told(place: Place) -> None:
    found = place.sm.describe_model_package_group(ModelPackageGroupName=group_of(place))
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"


@row(moto=LACKS)
def a_group_can_be_deleted(place: Place) -> None:
    name = group_of(place)
    place.sm.delete_model_package_group(ModelPackageGroupName=name)
    assert place.sm.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"] == []


@row(moto="ValidationException|ResourceNotFound|does not exist")
def a_group_may_be_given_by_its_arn(place: Place) -> None:
    name = group_of(place)
    assert register(place.sm, f"{ACCOUNT}:model-package-group/{name}") == f"{ACCOUNT}:model-package/{name}/1"


# -- CreateModelPackage


@row(moto="AssertionError")
def the_same_token_makes_one_package(place: Place) -> None:
    name = group_of(place)
    assert len({register(place.sm, name, ClientToken="token") for _ in range(2)}) == 1


@row(moto="DID NOT RAISE")
def a_token_belongs_to_one_request(place: Place) -> None:
    name = group_of(place)
    register(place.sm, name, ClientToken="token-of-one")
    create = {"ModelPackageGroupName": name, "ClientToken": "token-of-one", "InferenceSpecification": SERVING}
    refused("ConflictException", "ClientToken", place.sm.create_model_package, **create, ModelPackageDescription="x")


@row(moto="DID NOT RAISE")
def the_model_of_a_package_must_be_there(place: Place) -> None:
    gone = {"Containers": [{**SERVING["Containers"][0], "ModelDataUrl": "s3://data/none"}]}
    create = {"ModelPackageGroupName": group_of(place), "InferenceSpecification": gone}
    refused("ValidationException", "Could not find model data", place.sm.create_model_package, **create)


@row(moto="DID NOT RAISE")
def versions_carry_no_tags(place: Place) -> None:
    create = {"ModelPackageGroupName": group_of(place), "Tags": [{"Key": "a", "Value": "1"}]}
    words = "Tags are not supported in Model Package versions"
    refused("ValidationException", words, place.sm.create_model_package, InferenceSpecification=SERVING, **create)


@row(moto="DID NOT RAISE")
def metrics_are_files(place: Place) -> None:
    client = place.client("sagemaker", parameter_validation=False)
    metrics = {"ModelQuality": {"Statistics": {"S3Uri": 5}}}
    create = {"ModelPackageGroupName": group_of(place), "ModelMetrics": metrics}
    refused("SerializationException", "modelMetrics", client.create_model_package, **create)


@row(moto="DID NOT RAISE")
def metadata_has_its_limits(place: Place) -> None:
    client = place.client("sagemaker", parameter_validation=False)
    create = {"ModelPackageGroupName": group_of(place), "CustomerMetadataProperties": {"k": ""}}
    words = "Map value must satisfy constraint"
    refused("ValidationException", words, client.create_model_package, InferenceSpecification=SERVING, **create)


# -- DescribeModelPackage


@row(moto="AssertionError")
def a_package_is_not_born_completed(place: Place) -> None:
    assert described(place.sm, package_of(place))["ModelPackageStatus"] in ("Pending", "InProgress")


@row(moto="AssertionError")
def a_package_waits_for_approval_unless_it_is_given(place: Place) -> None:
    assert described(place.sm, package_of(place)).get("ModelApprovalStatus") == "PendingManualApproval"


@row(moto="AssertionError")
def the_status_details_name_what_was_validated(place: Place) -> None:
    details = described(place.sm, package_of(place))["ModelPackageStatusDetails"]
    assert details == {"ValidationStatuses": [], "ImageScanStatuses": []}


@row(moto="KeyError: 'ModelDataETag'")
def the_model_is_pinned_to_what_it_was(place: Place) -> None:
    (container,) = described(place.sm, package_of(place))["InferenceSpecification"]["Containers"]
    assert f'"{container["ModelDataETag"]}"' == place.s3.head_object(Bucket="data", Key="registry/model.tar.gz")["ETag"]


@row(moto="KeyError: 'ModelCard'")
def the_model_card_is_kept(place: Place) -> None:
    card = {"ModelCardContent": "{}", "ModelCardStatus": "Draft"}
    assert described(place.sm, package_of(place, ModelCard=card))["ModelCard"] == card


@row(moto="KeyError: 'ModelLifeCycle'")
def the_life_cycle_is_kept(place: Place) -> None:
    cycle = {"Stage": "Dev", "StageStatus": "Trained"}
    assert described(place.sm, package_of(place, ModelLifeCycle=cycle))["ModelLifeCycle"] == cycle


@row(moto="KeyError: 'IamIdentity'")
def the_creator_of_a_package_is_told(place: Place) -> None:
    created_by = described(place.sm, package_of(place))["CreatedBy"]
    assert created_by["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"


@row(moto="AssertionError")
def an_unknown_package_does_not_exist(place: Place) -> None:
    arn = f"{package_of(place)}9"
    refused("ValidationException", f"ModelPackage {arn} does not exist.", described, sm=place.sm, arn=arn)


# -- UpdateModelPackage


@row(moto="KeyError: 'CustomerMetadataProperties'")
def an_approval_leaves_the_metadata_alone(place: Place) -> None:
    arn = package_of(place, CustomerMetadataProperties={"run-key": "k"})
    place.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert described(place.sm, arn)["CustomerMetadataProperties"] == {"run-key": "k"}


@row(moto="KeyError: 'ModelApprovalStatus'")
def metadata_leaves_the_approval_alone(place: Place) -> None:
    arn = package_of(place, ModelApprovalStatus="Approved")
    place.sm.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"run-key": "k"})
    assert described(place.sm, arn)["ModelApprovalStatus"] == "Approved"


@row(moto="AssertionError")
def metadata_is_merged(place: Place) -> None:
    arn = package_of(place, CustomerMetadataProperties={"a": "1"})
    place.sm.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"b": "2"})
    assert described(place.sm, arn)["CustomerMetadataProperties"] == {"a": "1", "b": "2"}


@row(moto="KeyError: 'ApprovalDescription'")
def the_reason_of_an_approval_survives_the_next_update(place: Place) -> None:
    arn = package_of(place)
    update = {"ModelApprovalStatus": "Rejected", "ApprovalDescription": "worse"}
    place.sm.update_model_package(ModelPackageArn=arn, **update)
    place.sm.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"seen": "yes"})
    assert described(place.sm, arn)["ApprovalDescription"] == "worse"


@row(moto="KeyError: 'ModelLifeCycle'")
def the_stage_moves(place: Place) -> None:
    arn, cycle = package_of(place), {"Stage": "Prod", "StageStatus": "Live"}
    place.sm.update_model_package(ModelPackageArn=arn, ModelLifeCycle=cycle)
    assert described(place.sm, arn)["ModelLifeCycle"] == cycle


# -- batches, the end of a package, lineage


@row(moto=LACKS)
def packages_are_described_in_batches(place: Place) -> None:
    arn = package_of(place)
    found = place.sm.batch_describe_model_package(ModelPackageArnList=[arn, f"{arn}9"])
    assert list(found["ModelPackageSummaries"]) == [arn]
    assert list(found["BatchDescribeModelPackageErrorMap"]) == [f"{arn}9"]


@row(moto=LACKS)
def a_package_can_be_deleted_and_its_number_is_not_used_again(place: Place) -> None:
    name = group_of(place)
    arn = register(place.sm, name)
    while True:
        try:
            place.sm.delete_model_package(ModelPackageName=arn)
            break
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
    assert register(place.sm, name).endswith("/2")


@row(moto=LACKS)
def lineage_is_tracked(place: Place) -> None:
    ends = [
        place.sm.create_artifact(Source={"SourceUri": f"s3://data/gap/{end}"}, ArtifactType="T")["ArtifactArn"]
        for end in "ab"
    ]
    place.sm.add_association(SourceArn=ends[0], DestinationArn=ends[1])
    (found,) = place.sm.list_associations(SourceArn=ends[0])["AssociationSummaries"]
    assert found["DestinationArn"] == ends[1]


@pytest.mark.parametrize("name", ROWS)
def test_it_holds_here(cloud: Cloud, name: str) -> None:
    ROWS[name].check(Place(cloud.endpoint))


@pytest.mark.parametrize("name", ROWS)
def test_it_fails_on_bare_moto(bare_moto: str, name: str) -> None:
    ROWS[name].fails_at(Place(bare_moto))
