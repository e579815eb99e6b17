"""What moto alone gets wrong of jobs, logs, S3, STS and IAM; see gaps.py. test_registry_gaps.py has the registry.

moto 5.2.5 has learned the If-Match of PutObject, and to stop processing jobs; what tests those is elsewhere.
"""

from __future__ import annotations

import time

import pytest
from botocore import UNSIGNED
from conftest import EXECUTION, IMAGE, Cloud, refused, training, until
from gaps import Place, Rows

WAIT = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"
ROWS = Rows()
row = ROWS.row


# -- CreateTrainingJob


@row(moto="NoSuchKey|404")
def a_training_job_leaves_the_model_it_names(place: Place) -> None:
    job = place.trained()
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    place.s3.head_object(Bucket=bucket, Key=key)


@row(moto="DID NOT RAISE")
def a_training_job_name_is_taken_once(place: Place) -> None:
    name = place.train()
    refused("ResourceInUse", "already exists", place.sm.create_training_job, **training(name))


@row(moto="KeyError: 'Environment'")
def the_environment_is_kept(place: Place) -> None:
    assert place.trained(Environment={"A": "1"})["Environment"] == {"A": "1"}


@row(moto="KeyError: 'RetryStrategy'")
def the_retry_strategy_is_kept(place: Place) -> None:
    assert place.trained(RetryStrategy={"MaximumRetryAttempts": 2})["RetryStrategy"] == {"MaximumRetryAttempts": 2}


@row(moto="InternalServerError|DID NOT RAISE|AssertionError")
def all_faults_of_a_request_are_named_at_once(place: Place) -> None:
    create = place.client("sagemaker", parameter_validation=False).create_training_job
    request = {**training("bad name!"), "ResourceConfig": {"InstanceType": "one", "VolumeSizeInGB": 0}}
    del request["RoleArn"]
    refused("ValidationException", "validation errors detected: Value", create, **request)
    refused("ValidationException", "Value null at 'roleArn'", create, **request)


@row(moto="DID NOT RAISE")
def an_execution_role_must_exist(place: Place) -> None:
    request = {**training("row-role"), "RoleArn": "arn:aws:iam::123456789012:role/nobody"}
    refused("ValidationException", "Could not assume role", place.sm.create_training_job, **request)


# -- DescribeTrainingJob


@row(moto="Completed")
def a_training_job_is_not_born_completed(place: Place) -> None:
    name = place.train(WAIT)
    assert place.sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    place.sm.stop_training_job(TrainingJobName=name)


@row(moto="test:dcg")
def metric_definitions_come_back_as_they_were_sent(place: Place) -> None:
    sent = [{"Name": "score", "Regex": "score=([0-9.]+);"}]
    job = place.trained(algorithm={"MetricDefinitions": sent})
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == sent


@row(moto="train:progress")
def final_metrics_are_those_the_script_printed(place: Place) -> None:
    job = place.trained(algorithm={"MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+);"}]})
    assert [(one["MetricName"], one["Value"]) for one in job["FinalMetricDataList"]] == [("score", 0.5)]


@row(moto="'Starting'")
def a_training_job_goes_through_its_phases(place: Place) -> None:
    phases = [entry["Status"] for entry in place.trained()["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


@row(moto="KeyError: 'TrainingTimeInSeconds'")
def the_training_time_is_told(place: Place) -> None:
    assert place.trained()["TrainingTimeInSeconds"] >= 1


@row(moto="KeyError: 'BillableTimeInSeconds'")
def the_billable_time_is_told(place: Place) -> None:
    assert place.trained()["BillableTimeInSeconds"] >= 1


@row(moto="Completed")
def a_failing_script_fails_its_job(place: Place) -> None:
    job = place.trained("raise SystemExit(3)")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ExitCode 3" in job["FailureReason"]


@row(moto="Completed")
def a_job_may_read_only_what_its_role_may(place: Place) -> None:
    channel = training("unused")["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://other/"
    job = place.trained(InputDataConfig=[channel])
    assert job["TrainingJobStatus"] == "Failed"
    assert "AccessDenied" in job["FailureReason"]


@row(moto="Could not find training job")
def an_unknown_training_job_is_a_resource_not_found(place: Place) -> None:
    describe = place.sm.describe_training_job
    refused("ValidationException", "Requested resource not found.", describe, TrainingJobName="nobody")


# -- StopTrainingJob, ListTrainingJobs


@row(moto=r"\(500\)|InternalServerError|Internal Server Error")
def a_training_job_can_be_stopped(place: Place) -> None:
    name = place.train(WAIT)
    place.sm.stop_training_job(TrainingJobName=name)
    until(lambda: place.sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopped")


def named(place: Place, prefix: str) -> list[str]:
    """Three jobs that end at once, in order of their creation."""
    names = [f"{prefix}-{letter}" for letter in ("b", "c", "a")]
    for name in names:
        unknown = {"TrainingImage": "unknown", "TrainingInputMode": "File"}
        place.sm.create_training_job(**training(name, AlgorithmSpecification=unknown))
    return names


@row(moto="AssertionError")
def a_list_is_sorted_as_asked(place: Place) -> None:
    names = named(place, "sorted")
    for order, wanted in (("Ascending", sorted(names)), ("Descending", sorted(names, reverse=True))):
        found = place.sm.list_training_jobs(NameContains="sorted-", SortBy="Name", SortOrder=order)
        assert [job["TrainingJobName"] for job in found["TrainingJobSummaries"]] == wanted


@row(moto="AssertionError")
def a_list_is_filtered_before_it_is_paged(place: Place) -> None:
    named(place, "early")
    named(place, "later")
    for wanted in ("early-a", "later-a"):
        page = place.sm.list_training_jobs(NameContains=wanted, MaxResults=1)
        assert [job["TrainingJobName"] for job in page["TrainingJobSummaries"]] == [wanted]
        assert "NextToken" not in page


@row(moto="'500' == 'NotImplemented'")
def what_sagemaker_lacks_is_said_by_name(place: Place) -> None:
    stop = place.sm.stop_compilation_job
    refused("NotImplemented", "sagemaker:StopCompilationJob", stop, CompilationJobName="x")


# -- processing jobs


@row(moto="Completed")
def a_processing_job_is_not_born_completed(place: Place) -> None:
    name = place.process("sleep 60")
    assert place.sm.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "InProgress"
    place.sm.stop_processing_job(ProcessingJobName=name)


@row(moto="NoSuchKey")
def a_processing_job_leaves_its_output(place: Place) -> None:
    target = {
        "S3Uri": "s3://data/row-output",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    outputs = {"Outputs": [{"OutputName": "o", "S3Output": target}]}
    place.processed("echo hello > /opt/ml/processing/output/a.txt", ProcessingOutputConfig=outputs)
    assert place.s3.get_object(Bucket="data", Key="row-output/a.txt")["Body"].read() == b"hello\n"


@row(moto="Completed")
def a_failing_processing_job_tells_its_message(place: Place) -> None:
    job = place.processed("mkdir -p /opt/ml/output; printf sorry > /opt/ml/output/message; exit 4")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["ExitMessage"] == "sorry"


@row(moto="KeyError: 'ProcessingResources'")
def the_machine_of_a_processing_job_is_told(place: Place) -> None:
    cluster = place.processed()["ProcessingResources"]["ClusterConfig"]
    assert cluster["InstanceType"] == "ml.m5.large"


@row(moto="KeyError: 'Environment'")
def the_environment_of_a_processing_job_is_kept(place: Place) -> None:
    assert place.processed(Environment={"A": "1"})["Environment"] == {"A": "1"}


@row(moto="KeyError: 'ProcessingStartTime'")
def the_start_of_a_processing_job_is_told(place: Place) -> None:
    job = place.processed()
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


@row(moto="DID NOT RAISE")
def a_processing_job_name_is_taken_once(place: Place) -> None:
    name = place.process()
    request = {
        "ProcessingJobName": name,
        "RoleArn": EXECUTION,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": IMAGE},
    }
    refused("ResourceInUse", "already exists", place.sm.create_processing_job, **request)


# -- logs


@row(moto="ResourceNotFoundException")
def what_a_script_prints_is_in_its_log(place: Place) -> None:
    name = place.trained()["TrainingJobName"]
    logs, group = place.client("logs"), "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["score=0.5;"]


@row(moto="AssertionError")
def log_events_are_filtered_by_the_prefix_of_their_stream(place: Place) -> None:
    logs = place.client("logs")
    logs.create_log_group(logGroupName="/row")
    for stream in ("a/1", "b/1"):
        logs.create_log_stream(logGroupName="/row", logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": stream}
        logs.put_log_events(logGroupName="/row", logStreamName=stream, logEvents=[event])
    found = logs.filter_log_events(logGroupName="/row", logStreamNamePrefix="b/")["events"]
    assert [event["message"] for event in found] == ["b/1"]


@row(moto="DID NOT RAISE")
def a_live_tail_is_refused_by_name(place: Place) -> None:
    logs = place.client("logs", inject_host_prefix=False)
    logs.create_log_group(logGroupName="/row-tail")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/row-tail"
    refused("NotImplemented", "logs:StartLiveTail", logs.start_live_tail, logGroupIdentifiers=[arn])


# -- S3


@row(moto="NoSuchBucket")
def the_bucket_of_somebody_else_is_closed(place: Place) -> None:
    refused("AccessDenied", "Access Denied", place.s3.list_objects_v2, Bucket="of-somebody-else")


@row(moto="DID NOT RAISE|AssertionError")
def what_s3_lacks_is_said_by_name(place: Place) -> None:
    place.s3.put_object(Bucket="data", Key="row.csv", Body=b"a\n1\n")
    select = {
        "Bucket": "data",
        "Key": "row.csv",
        "Expression": "SELECT * FROM s3object",
        "ExpressionType": "SQL",
        "InputSerialization": {"CSV": {"FileHeaderInfo": "USE"}},
        "OutputSerialization": {"JSON": {}},
    }
    refused("NotImplemented", "SelectObjectContent", place.s3.select_object_content, **select)


@row(moto="DID NOT RAISE")
def keys_that_nobody_issued_open_nothing(place: Place) -> None:
    stranger = place.client("s3", "AKIASTRANGER00000000", "guess")
    refused("InvalidAccessKeyId", "does not exist", stranger.list_objects_v2, Bucket="data")


@row(moto="DID NOT RAISE")
def a_wrong_secret_opens_nothing(place: Place) -> None:
    stranger = place.client("s3", secret="guess")
    refused("SignatureDoesNotMatch", "signature", stranger.list_objects_v2, Bucket="data")


# -- STS


@row(moto="moto")
def everybody_is_told_who_they_are(place: Place) -> None:
    dev = place.client("sts", "AKIADEV0000000000000", "dev")
    assert dev.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/dev"


@row(moto="DID NOT RAISE")
def a_web_identity_must_be_a_token(place: Place) -> None:
    assume = place.client("sts", signature_version=UNSIGNED).assume_role_with_web_identity
    request = {"RoleArn": EXECUTION, "RoleSessionName": "row", "WebIdentityToken": "not.a.jwt"}
    refused("InvalidIdentityToken", "not a valid JWT", assume, **request)


@row(moto="DID NOT RAISE")
def a_role_that_does_not_trust_is_not_assumed(place: Place) -> None:
    dev = place.client("sts", "AKIADEV0000000000000", "dev")
    refused("AccessDenied", "sts:AssumeRole", dev.assume_role, RoleArn=EXECUTION, RoleSessionName="row")


@row(moto="DID NOT RAISE")
def a_role_that_is_not_there_is_not_assumed(place: Place) -> None:
    nobody = "arn:aws:iam::123456789012:role/nobody"
    dev = place.client("sts", "AKIADEV0000000000000", "dev")
    refused("AccessDenied", "sts:AssumeRole", dev.assume_role, RoleArn=nobody, RoleSessionName="row")


# -- IAM


@row(moto="ResponseParserError")
def a_policy_can_be_asked_before_it_is_used(place: Place) -> None:
    found = place.client("iam").simulate_principal_policy(
        PolicySourceArn=EXECUTION,
        ActionNames=["s3:GetObject", "s3:DeleteObject"],
        ResourceArns=["arn:aws:s3:::data/train/a.csv"],
    )["EvaluationResults"]
    decisions = {one["EvalActionName"]: one["EvalDecision"] for one in found}
    assert decisions == {"s3:GetObject": "allowed", "s3:DeleteObject": "implicitDeny"}


@row(moto="NoSuchEntity")
def the_roles_that_are_enforced_are_those_that_are_shown(place: Place) -> None:
    role = place.client("iam").get_role(RoleName="execution")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert (role["Arn"], statement["Principal"]) == (EXECUTION, {"Service": "sagemaker.amazonaws.com"})


@row(moto="DID NOT RAISE")
def a_role_that_nothing_would_know_is_not_made(place: Place) -> None:
    create = place.client("iam").create_role
    refused("NotImplemented", "iam:CreateRole", create, RoleName="made", AssumeRolePolicyDocument="{}")


@pytest.mark.parametrize("name", ROWS)
def test_it_holds_here(cloud: Cloud, name: str) -> None:
    ROWS[name].check(Place(cloud.endpoint))


@pytest.mark.parametrize("name", ROWS)
def test_it_fails_on_bare_moto(bare_moto: str, name: str) -> None:
    ROWS[name].fails_at(Place(bare_moto))
