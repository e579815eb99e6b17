"""Which permissions ECR's operations need.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

from __future__ import annotations

from typing import Any

from .call import Access, Call


def required(call: Call) -> list[Access]:
    """The action on each repository of the request; a token is not of any."""
    action = f"ecr:{call.operation}"
    if call.operation == "GetAuthorizationToken":
        return [Access(action, "*", {})]
    named = call.params.get("repositoryName")
    names = [named] if named is not None else call.params.get("repositoryNames") or ["*"]
    actions = [action, *(["ecr:TagResource"] if call.params.get("tags") else [])]
    return [Access(one, _arn(call, name), _tag_context(call)) for name in names for one in actions]


def _arn(call: Call, name: str) -> str:
    registry = call.params.get("registryId", call.account)
    return f"arn:aws:ecr:{call.region}:{registry}:repository/{name}"


def _tag_context(call: Call) -> dict[str, Any]:
    tags = call.params.get("tags") or []
    requested = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return {**requested, "aws:TagKeys": [tag["Key"] for tag in tags] or None}
