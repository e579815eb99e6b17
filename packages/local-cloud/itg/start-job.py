"""Starts a training job that sleeps, as a user of boto3 would: start-job.py ENDPOINT."""

import sys

import boto3

sagemaker = boto3.client(
    "sagemaker",
    region_name="us-east-1",
    endpoint_url=sys.argv[1],
    aws_access_key_id="AKIALOCALADMIN000000",
    aws_secret_access_key="local-admin",
)
sagemaker.create_training_job(
    TrainingJobName="sleeper",
    AlgorithmSpecification={
        "TrainingImage": "any",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["sleep", "300"],
    },
    RoleArn="arn:aws:iam::123456789012:role/job",
    OutputDataConfig={"S3OutputPath": "s3://data/out"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
