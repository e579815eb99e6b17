"""A user's own session with the SageMaker SDK: creates, waits with logs, stops, lists, and is told of a failure."""

from __future__ import annotations

import json
import logging
import sys

from sagemaker.core.resources import ProcessingJob, TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    AppSpecification,
    Channel,
    DataSource,
    OutputDataConfig,
    ProcessingClusterConfig,
    ProcessingOutput,
    ProcessingOutputConfig,
    ProcessingResources,
    ProcessingS3Output,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)
from sagemaker.core.utils.exceptions import FailedStatusError

ROLE, IMAGE, HYPERPARAMETERS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


def train(name: str, hyperparameters: dict[str, str], *entry: str) -> TrainingJob:
    source = S3DataSource(s3_data_type="S3Prefix", s3_uri="s3://data/train/")
    job = TrainingJob.create(
        training_job_name=name,
        role_arn=ROLE,
        hyper_parameters=hyperparameters,
        algorithm_specification=AlgorithmSpecification(
            training_image=IMAGE,
            training_input_mode="File",
            **({"container_entrypoint": list(entry)} if entry else {}),
        ),
        input_data_config=[Channel(channel_name="train", data_source=DataSource(s3_data_source=source))],
        output_data_config=OutputDataConfig(s3_output_path="s3://data/sdk"),
        resource_config=ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )
    assert job is not None
    return job


def process(name: str, command: str) -> ProcessingJob:
    target = ProcessingS3Output(
        s3_uri="s3://data/sdk-processed", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
    )
    cluster = ProcessingClusterConfig(instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=1)
    job = ProcessingJob.create(
        processing_job_name=name,
        role_arn=ROLE,
        processing_resources=ProcessingResources(cluster_config=cluster),
        app_specification=AppSpecification(image_uri=IMAGE, container_entrypoint=["sh", "-c", command]),
        processing_output_config=ProcessingOutputConfig(
            outputs=[ProcessingOutput(output_name="out", s3_output=target)]
        ),
    )
    assert job is not None
    return job


def failure_of(job: TrainingJob) -> str:
    try:
        job.wait(poll=1)
    except FailedStatusError as error:
        return str(error)
    raise AssertionError("the job did not fail")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    trained = train("sdk-trains", HYPERPARAMETERS)
    trained.wait(poll=1, logs=True)
    stopped = train("sdk-stops", {}, "sleep", "60")
    stopped.stop()
    stopped.wait(poll=1)
    processed = process("sdk-processes", "echo done > /opt/ml/processing/output/result.txt")
    processed.wait(poll=1)
    failed = train("sdk-fails", {}, "sh", "-c", "exit 9")
    outcome = {
        "trained": [trained.training_job_status, trained.model_artifacts.s3_model_artifacts],
        "stopped": stopped.training_job_status,
        "processed": processed.processing_job_status,
        "failed": failure_of(failed),
        "listed": sorted(job.training_job_name for job in TrainingJob.get_all(name_contains="sdk-")),
    }
    print(f"\noutcome {json.dumps(outcome)}")
