"""IAM as it is shown: what is read is what is enforced."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import DATA_ONLY, EXECUTION, SAGEMAKER, Cloud


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.client("iam")


def decision(iam: Any, action: str, **request: Any) -> str:
    (found,) = iam.simulate_principal_policy(PolicySourceArn=EXECUTION, ActionNames=[action], **request)[
        "EvaluationResults"
    ]
    return found["EvalDecision"]


def test_roles_and_their_policies_come_back_as_written(iam: Any) -> None:
    assert iam.get_role(RoleName="execution")["Role"]["AssumeRolePolicyDocument"] == SAGEMAKER
    assert iam.list_role_policies(RoleName="execution")["PolicyNames"] == ["x"]
    assert iam.get_role_policy(RoleName="execution", PolicyName="x")["PolicyDocument"] == DATA_ONLY
    assert iam.list_attached_role_policies(RoleName="execution")["AttachedPolicies"] == []


def test_a_simulation_needs_resource_and_context(iam: Any) -> None:
    assert decision(iam, "s3:GetObject") == "implicitDeny"
    assert decision(iam, "s3:GetObject", ResourceArns=["arn:aws:s3:::data/a"]) == "allowed"
    assert decision(iam, "logs:PutLogEvents") == "allowed"


def test_every_action_is_asked_for_every_resource(iam: Any) -> None:
    found = iam.simulate_principal_policy(
        PolicySourceArn=EXECUTION,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::data/a", "arn:aws:s3:::other/a"],
    )["EvaluationResults"]
    assert [(one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"]) for one in found] == [
        ("s3:GetObject", "arn:aws:s3:::data/a", "allowed"),
        ("s3:GetObject", "arn:aws:s3:::other/a", "implicitDeny"),
        ("s3:PutObject", "arn:aws:s3:::data/a", "allowed"),
        ("s3:PutObject", "arn:aws:s3:::other/a", "implicitDeny"),
    ]


def test_who_is_not_there(iam: Any) -> None:
    for refused in (iam.get_role, iam.list_role_policies, iam.list_attached_role_policies):
        with pytest.raises(ClientError, match="NoSuchEntity"):
            refused(RoleName="nobody")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role_policy(RoleName="execution", PolicyName="nothing")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=f"{EXECUTION}-2", ActionNames=["s3:GetObject"])


def test_what_a_simulation_cannot_weigh_is_refused(iam: Any) -> None:
    with pytest.raises(ClientError, match="ResourcePolicy"):
        decision(iam, "s3:GetObject", ResourcePolicy="{}")


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("sns", "list_topics"),
        ("dynamodb", "list_tables"),
        ("lambda", "list_functions"),
        ("iam", "list_roles"),
        ("sts", "get_session_token"),
    ],
)
def test_what_nobody_here_knows_is_refused_by_name(cloud: Cloud, service: str, operation: str) -> None:
    with pytest.raises(ClientError, match=rf"NotImplemented\b.*{service}:"):
        getattr(cloud.client(service), operation)()
