"""Web identity tokens: JSON Web Tokens signed with RS256 by a key of the provider's published set."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from .call import AwsError
from .roles import OidcProvider, Roles

#: How far an issuer's clock may run ahead.
LEEWAY_SECONDS = 300


def verify(token: str, roles: Roles, now: float) -> tuple[OidcProvider, dict[str, Any]]:
    """The provider and the claims of a token that may be believed at `now` (seconds since 1970).

    Raises AwsError InvalidIdentityToken, or ExpiredTokenException when only its time is over.
    """
    header, claims, signed, signature = _split(token)
    issuer = claims.get("iss")
    provider = roles.provider(issuer.rstrip("/")) if isinstance(issuer, str) else None
    if provider is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    _check_signature(provider, header, signed, signature)
    if not set(_audiences(claims)) & set(provider.client_ids):
        raise _invalid("Incorrect token audience")
    _check_time(claims, now)
    return provider, claims


def _split(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        first, second, third = token.split(".")
        header, claims = json.loads(_decode(first)), json.loads(_decode(second))
        signature = _decode(third)
    except (ValueError, binascii.Error) as error:
        raise _malformed() from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _malformed()
    return header, claims, f"{first}.{second}".encode(), signature


def _check_signature(provider: OidcProvider, header: Mapping[str, Any], signed: bytes, signature: bytes) -> None:
    key = _key_of(provider, header)
    if key is None:
        raise _invalid("Couldn't retrieve verification key from your identity provider")
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise _invalid("The ID Token provided is not a valid JWT. Signature is not valid") from error


def _key_of(provider: OidcProvider, header: Mapping[str, Any]) -> RSAPublicKey | None:
    if header.get("alg") != "RS256":
        raise _invalid("The ID Token provided is not signed with a supported algorithm")
    for jwk in provider.jwks.get("keys", []):
        if jwk.get("kty") == "RSA" and jwk.get("kid") == header.get("kid"):
            exponent, modulus = (int.from_bytes(_decode(jwk[name])) for name in ("e", "n"))
            return RSAPublicNumbers(exponent, modulus).public_key()
    return None


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    audience = claims.get("aud", [])
    return audience if isinstance(audience, list) else [audience]


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    for name in ("exp", "iat"):
        if not isinstance(times[name], int | float):
            raise _invalid(f"Missing a required claim: {name}")
    if times["exp"] <= now:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(times['exp'])}",
        )
    if any(isinstance(t, int | float) and t > now + LEEWAY_SECONDS for t in (times["iat"], times["nbf"])):
        raise _invalid("Token is not valid yet: it was issued for a later time")


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _malformed() -> AwsError:
    return _invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message, 400)
