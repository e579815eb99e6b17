"""Who has made or changed something."""

from __future__ import annotations

from typing import Any

from ..call import Call


def user_of(call: Call) -> dict[str, Any]:
    """The caller, as UserContext gives it."""
    context = call.principal.context
    identity = {
        "Arn": call.principal.arn,
        "PrincipalId": context.get("aws:userid"),
        "SourceIdentity": context.get("aws:SourceIdentity"),
    }
    return {"IamIdentity": {name: value for name, value in identity.items() if value is not None}}
