"""A service account and the token endpoint: the signed assertion is verified as Google does before a token is given."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ACCOUNT = "partner-desk@wire-test.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SKEW = 300


class TokenRefused(Exception):
    """The endpoint's answer: error and description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@dataclass(slots=True)
class Accounts:
    """The one service account of a server, and the tokens that it was given. `clock` tells the server's time."""

    clock: Callable[[], float] = time.time
    key_id: str = field(default_factory=lambda: secrets.token_hex(20))
    lives: int = 3599
    issued: int = 0
    _tokens: dict[str, tuple[frozenset[str], float]] = field(default_factory=dict)

    def file(self, token_uri: str) -> dict[str, str]:
        """The content of the service-account file."""
        pem = _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {
            "type": "service_account",
            "project_id": "wire-test",
            "private_key_id": self.key_id,
            "private_key": pem,
            "client_email": ACCOUNT,
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def write(self, path: Path, token_uri: str) -> Path:
        """Write the service-account file."""
        path.write_text(json.dumps(self.file(token_uri), indent=2), encoding="utf-8")
        return path

    def exchange(self, form: dict[str, list[str]]) -> dict[str, Any]:
        """A signed assertion for an access token. Raises TokenRefused."""
        if form.get("grant_type") != [GRANT]:
            raise TokenRefused("unsupported_grant_type", "Invalid grant_type")
        claims = self._verified((form.get("assertion") or [""])[0])
        now = self.clock()
        if claims.get("iss") != ACCOUNT:
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        if claims.get("aud") != AUDIENCE:
            raise TokenRefused("invalid_grant", "Invalid JWT: Failed audience check.")
        issued, expires = claims.get("iat"), claims.get("exp")
        timely = isinstance(issued, int) and isinstance(expires, int) and issued < expires <= issued + 3600
        if not timely or not issued - _SKEW <= now < expires + _SKEW:  # type: ignore[operator]
            raise TokenRefused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise TokenRefused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = "ya29." + secrets.token_urlsafe(40)
        self._tokens[token] = (scopes, now + self.lives)
        self.issued += 1
        return {"access_token": token, "expires_in": self.lives, "token_type": "Bearer"}

    def _verified(self, assertion: str) -> dict[str, Any]:
        try:
            head, body, signature = assertion.split(".")
            header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
            if header.get("alg") != "RS256":
                raise TokenRefused("invalid_grant", "Invalid JWT: algorithm")
            if header.get("kid") not in (None, self.key_id):
                raise TokenRefused("invalid_grant", "Invalid JWT Signature.")
            _key().public_key().verify(_decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise TokenRefused("invalid_grant", "Invalid JWT Signature.") from error
        except ValueError as error:
            raise TokenRefused("invalid_grant", "Bad Request") from error
        return dict(claims)

    def scopes(self, authorization: str) -> frozenset[str] | None:
        """What a bearer token allows; None if it is none of ours or has expired."""
        scopes, until = self._tokens.get(authorization.removeprefix("Bearer "), (None, 0.0))
        return scopes if self.clock() < until else None

    def revoke(self) -> None:
        """No token given so far is good any more."""
        self._tokens.clear()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
