"""The model card of a package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...call import AwsError

#: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html, "Model package model card schema"
_PARTS = frozenset(
    {
        "model_overview",
        "intended_uses",
        "business_details",
        "training_details",
        "evaluation_details",
        "additional_information",
    }
)
_OVERVIEW = frozenset({"model_creator", "model_artifact"})


def check(card: Mapping[str, Any]) -> None:
    """Raises AwsError for content that does not follow the schema, as far as its outer parts go."""
    if "ModelCardContent" not in card:
        return
    content = _content(card)
    overview = content.get("model_overview", {})
    unknown = [*(set(content) - _PARTS), *(f"model_overview.{name}" for name in set(overview) - _OVERVIEW)]
    if unknown:
        raise _invalid(f"additional properties are not allowed: {', '.join(sorted(unknown))}")


def _content(card: Mapping[str, Any]) -> dict[str, Any]:
    try:
        content = json.loads(card["ModelCardContent"])
    except ValueError:
        raise _invalid("it is not JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("model_overview", {}), dict):
        raise _invalid("it is not an object of objects")
    return content


def _invalid(why: str) -> AwsError:
    return AwsError("ValidationException", f"ModelCardContent does not follow the model card schema: {why}")


def check_update(known: Mapping[str, Any], card: Mapping[str, Any]) -> None:
    """Raises AwsError for other content of a card that is archived; its status may change."""
    check(card)
    changed = "ModelCardContent" in card and card["ModelCardContent"] != known.get("ModelCardContent")
    if changed and known.get("ModelCardStatus") == "Archived":
        raise AwsError("ValidationException", "Model Card is in Archived state")


def sanitized(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card without what a customer's key would protect (DescribeModelPackage, IncludedData=MetadataOnly)."""
    if "ModelCardContent" not in card:
        return dict(card)
    uses = _content(card).get("intended_uses", {})
    rating = {"intended_uses": {"risk_rating": uses["risk_rating"]}} if "risk_rating" in uses else {}
    return {**card, "ModelCardContent": json.dumps(rating)}
