"""The stand-in tenant's keys: RS256 signatures with a published key set (RFC 7517), and opaque tokens (RFC 7516).

Auth0 publishes the current key together with the next one, and keeps the previous one published after a rotation until
it is revoked. A token for no API is not signed but encrypted to the tenant itself: five segments, readable by nobody
else. Deliberately not here: what goes into a token; that is decided in ``state.py``.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import RSAAlgorithm

Claims = dict[str, Any]

_TAG_BYTES = 16


@dataclass(frozen=True)
class SigningKey:
    """One RSA key pair under its ``kid``."""

    kid: str
    private_key: rsa.RSAPrivateKey

    def jwk(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": public["n"],
            "e": public["e"],
        }


def _new_key() -> SigningKey:
    return SigningKey(secrets.token_urlsafe(16), rsa.generate_private_key(public_exponent=65537, key_size=2048))


class KeyRing:
    """Current, next and (after a rotation) previous signing key. Made on first use: key generation is slow.

    The lock matters when a test signs tokens while a server in another thread publishes the key set.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._current: SigningKey | None = None
        self._next: SigningKey | None = None
        self._previous: SigningKey | None = None
        self._hs256_secret = secrets.token_hex(32)
        self._encryption_key = AESGCM.generate_key(bit_length=256)

    @property
    def current(self) -> SigningKey:
        with self._lock:
            self._current = self._current or _new_key()
            return self._current

    @property
    def next(self) -> SigningKey:
        with self._lock:
            self._next = self._next or _new_key()
            return self._next

    def published(self) -> list[SigningKey]:
        with self._lock:
            return [self.current, self.next, *([self._previous] if self._previous else [])]

    def rotate(self) -> None:
        with self._lock:
            self._previous, self._current, self._next = self.current, self.next, _new_key()

    def revoke_previous(self) -> None:
        with self._lock:
            self._previous = None

    def sign(self, claims: Mapping[str, Any], *, typ: str, algorithm: str = "RS256") -> str:
        key = self.current
        material: Any = self._hs256_secret if algorithm == "HS256" else key.private_key
        return jwt.encode(dict(claims), material, algorithm=algorithm, headers={"typ": typ, "kid": key.kid})

    def signed_claims(self, token: str, *, issuer: str, audience: str) -> Claims | None:
        """The claims of a token this tenant signed for ``audience``. Time is the caller's business (injected clock)."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next(key for key in self.published() if key.kid == kid)
            return jwt.decode(
                token,
                key.private_key.public_key(),
                algorithms=["RS256"],
                issuer=issuer,
                audience=audience,
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["sub", "exp"]},
            )
        except (StopIteration, jwt.PyJWTError, ValueError, RecursionError):
            return None

    def encrypt(self, claims: Mapping[str, Any], *, issuer: str) -> str:
        """An opaque token: compact JWE with direct encryption; the header names the issuer, the rest is sealed."""
        header = _segment(json.dumps({"alg": "dir", "enc": "A256GCM", "iss": issuer}).encode())
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self._encryption_key).encrypt(nonce, json.dumps(dict(claims)).encode(), header.encode())
        return ".".join((header, "", _segment(nonce), _segment(sealed[:-_TAG_BYTES]), _segment(sealed[-_TAG_BYTES:])))

    def decrypted_claims(self, token: str) -> Claims | None:
        try:
            header, _, nonce, ciphertext, tag = token.split(".")
            sealed = _bytes(ciphertext) + _bytes(tag)
            plain = AESGCM(self._encryption_key).decrypt(_bytes(nonce), sealed, header.encode())
        except (ValueError, InvalidTag):
            return None
        claims: Claims = json.loads(plain)
        return claims


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
