"""A user's own session with the SageMaker SDK's registry: registers, approves, lists, clones, deletes, traces."""

from __future__ import annotations

import json
import sys

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.lineage.artifact import Artifact
from sagemaker.core.lineage.association import Association
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.model_registry import create_model_package_from_containers
from sagemaker.core.resources import ModelPackage, ModelPackageGroup

IMAGE, MODEL = sys.argv[1], sys.argv[2]
GROUP = "sdk-registry"


def register(session: Session, **more: object) -> str:
    """A version as Model.register() would make it; gives its ARN."""
    statistics = MetricsSource(content_type="application/json", s3_uri="s3://data/metrics.json")
    answer = create_model_package_from_containers(
        session,
        containers=[{"Image": IMAGE, "ModelDataUrl": MODEL}],
        content_types=["application/json"],
        response_types=["application/json"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        model_metrics=ModelMetrics(model_statistics=statistics)._to_request_dict(),
        customer_metadata_properties={"run-key": "k"},
        **more,
    )
    return answer["ModelPackageArn"]


def shown(package: ModelPackage) -> list[object]:
    properties = package.customer_metadata_properties
    return [package.model_package_version, package.model_package_status, package.model_approval_status, properties]


if __name__ == "__main__":
    session = Session()
    first = register(session)
    package = ModelPackage.get(first)
    package.wait_for_status("Completed", poll=1)
    package.update(
        model_approval_status="Approved",
        approval_description="better",
        customer_metadata_properties={"verdict": "approve"},
    )
    second = register(session, source_uri="https://example.com/run/2")
    clone = register(session, source_uri=first)
    listed = [one.model_package_arn for one in ModelPackage.get_all(model_package_group_name=GROUP)]
    outcome = {
        "group": ModelPackageGroup.get(GROUP).model_package_group_status,
        "first": [*shown(package), package.approval_description],
        "second": [*shown(ModelPackage.get(second)), ModelPackage.get(second).source_uri],
        "clone": [*shown(ModelPackage.get(clone)), ModelPackage.get(clone).source_uri == first],
        "listed": listed == [first, second, clone],
    }
    data = Artifact.create(source_uri="s3://data/train/", artifact_type="DataSet", sagemaker_session=session)
    model = Artifact.create(source_uri=first, artifact_type="Model", sagemaker_session=session)
    Association.create(data.artifact_arn, model.artifact_arn, "ContributedTo", sagemaker_session=session)
    (found,) = Artifact.list(source_uri=first, sagemaker_session=session)
    (edge,) = Association.list(destination_arn=found.artifact_arn, sagemaker_session=session)
    outcome["lineage"] = [edge.source_arn == data.artifact_arn, edge.source_type, edge.association_type]
    print(f"\noutcome {json.dumps(outcome)}")
