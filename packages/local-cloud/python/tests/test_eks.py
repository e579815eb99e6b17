"""DescribeCluster, for accounts and for clusters that start later."""

from __future__ import annotations

import base64
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import ACCOUNT, Cloud, refused

from local_cloud.__main__ import build
from local_cloud.call import Call, Principal

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ARN = "arn:aws:eks:us-east-1:123456789012:cluster"


def register(cloud: Cloud, name: str, **more: Any) -> None:
    cluster = {"name": name, "endpoint": "https://127.0.0.1:6443", "certificateAuthority": PEM, **more}
    cloud.control("POST", "clusters", cluster)


def test_a_registered_cluster_is_described(cloud: Cloud) -> None:
    register(cloud, "shop")
    found = cloud.client("eks").describe_cluster(name="shop")["cluster"]
    assert found["arn"] == f"{ARN}/shop"
    assert found["endpoint"] == "https://127.0.0.1:6443"
    assert base64.b64decode(found["certificateAuthority"]["data"]).decode() == PEM
    assert found["status"] == "ACTIVE"


def test_registering_again_changes_it(cloud: Cloud) -> None:
    register(cloud, "moved")
    register(cloud, "moved", endpoint="https://127.0.0.1:7443")
    assert cloud.client("eks").describe_cluster(name="moved")["cluster"]["endpoint"] == "https://127.0.0.1:7443"


def test_a_cluster_that_is_being_made_has_no_endpoint_yet(cloud: Cloud) -> None:
    register(cloud, "young", status="CREATING")
    found = cloud.client("eks").describe_cluster(name="young")["cluster"]
    assert found["status"] == "CREATING"
    assert "endpoint" not in found
    with pytest.raises(urllib.error.HTTPError):
        register(cloud, "young", status="ASLEEP")


def test_an_unknown_cluster_is_not_found(cloud: Cloud) -> None:
    eks = cloud.client("eks")
    refused("ResourceNotFoundException", "No cluster found for name: nowhere.", eks.describe_cluster, name="nowhere")


def test_the_action_is_checked_on_the_cluster(cloud: Cloud) -> None:
    register(cloud, "shop")
    with pytest.raises(ClientError) as caught:
        cloud.as_reader("eks").describe_cluster(name="shop")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert f"eks:DescribeCluster on resource: {ARN}/shop" in str(caught.value)
    assert cloud.control("GET", "calls")[-1]["checks"] == [
        {"action": "eks:DescribeCluster", "resource": f"{ARN}/shop", "allowed": False}
    ]


def test_other_operations_are_named_as_missing(cloud: Cloud) -> None:
    refused("NotImplemented", "eks:ListClusters", cloud.client("eks").list_clusters)


def test_an_account_may_bring_clusters(tmp_path: Path) -> None:
    cluster = {"name": "given", "endpoint": "https://127.0.0.1:6443", "certificateAuthority": PEM}
    cloud = build({**ACCOUNT, "buckets": [], "clusters": [cluster]}, "http://127.0.0.1:1", tmp_path)
    admin = Principal("admin", "arn:aws:iam::123456789012:root", "KEY")
    call = Call("eks", "DescribeCluster", admin, "us-east-1", "123456789012", {"name": "given"}, {}, b"")
    assert cloud.eks.answer(call)["cluster"]["arn"] == f"{ARN}/given"
