"""The authorization server's public keys: a JWK Set read into usable keys (RFC 7517 §4, §5; RFC 8725 §3.1).

Pure. A key that cannot be used (symmetric, private, too short, for encryption, of an unknown kind) is skipped, so that
one strange key never takes the good ones down with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

MAX_KEYS = 100
MIN_RSA_BITS = 2_048  # RFC 7518 §3.3

_BY_CURVE = {"P-256": {"ES256"}, "P-384": {"ES384"}, "P-521": {"ES512"}, "Ed25519": {"EdDSA"}}
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})


@dataclass(frozen=True)
class VerificationKey:
    """One public key. ``algorithms`` are the only ones it may verify; ``thumbprint`` identifies its material."""

    kid: str | None
    algorithms: frozenset[str]
    thumbprint: str
    public_key: Any = field(compare=False, repr=False)


@dataclass(frozen=True)
class JwkSet:
    """The usable keys of a JWK Set."""

    keys: tuple[VerificationKey, ...]
    thumbprints: frozenset[str]

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key that ``kid`` names for ``alg``; without a ``kid``, the only key for ``alg``."""
        fitting = [key for key in self.keys if alg in key.algorithms and (kid is None or key.kid == kid)]
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None


def parse_jwk_set(document: Mapping[str, Any]) -> JwkSet:
    """Read a JWK Set. Raises :class:`ValueError` when it holds no usable key."""
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ValueError("the key set has no list named 'keys'")
    found = [_parse_jwk(entry) for entry in entries[:MAX_KEYS] if isinstance(entry, dict)]
    keys = tuple(key for key in found if key is not None)
    if not keys:
        raise ValueError("the key set holds no usable signature key")
    return JwkSet(keys, frozenset(key.thumbprint for key in keys))


def _parse_jwk(jwk: dict[str, Any]) -> VerificationKey | None:
    algorithms = _algorithms(jwk)
    if not algorithms:
        return None
    try:
        public_key = PyJWK(jwk, algorithm=min(algorithms)).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if jwk["kty"] == "RSA" and public_key.key_size < MIN_RSA_BITS:
        return None
    material = {name: jwk.get(name) for name in ("kty", "n", "e", "crv", "x", "y", "alg", "kid")}
    thumbprint = hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()
    kid = jwk.get("kid")
    return VerificationKey(kid if isinstance(kid, str) else None, algorithms, thumbprint, public_key)


def _algorithms(jwk: dict[str, Any]) -> frozenset[str]:
    """The algorithms this JWK may verify: those of its kind, narrowed by ``alg``, none when it is not for that."""
    if jwk.get("use", "sig") != "sig" or "d" in jwk or "k" in jwk:
        return frozenset()
    if "key_ops" in jwk and "verify" not in (jwk["key_ops"] if isinstance(jwk["key_ops"], list) else ()):
        return frozenset()
    crv = jwk.get("crv")
    by_kind = {"RSA": _RSA, "EC": _BY_CURVE.get(crv) if isinstance(crv, str) else None}
    by_kind["OKP"] = by_kind["EC"]
    kty = jwk.get("kty")
    possible = frozenset((by_kind.get(kty) if isinstance(kty, str) else None) or ())
    return possible & {jwk["alg"]} if isinstance(jwk.get("alg"), str) else possible
