"""Tokens as attackers make them: any header, any payload, any key, any bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
"""A key that the tenant never published."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(value: Any) -> str:
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(header: Any, claims: Any, key: rsa.RSAPrivateKey, *, algorithm: str = "RS256") -> str:
    """A compact token with a real RSA signature over exactly these bytes."""
    signing_input = f"{segment(header)}.{segment(claims)}"
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[-3:]]
    scheme: Any = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
    return f"{signing_input}.{b64(key.sign(signing_input.encode(), scheme, digest))}"


def signed_es256(header: Any, claims: Any) -> str:
    """A token signed with a fresh elliptic-curve key, DER signature and all."""
    key = ec.generate_private_key(ec.SECP256R1())
    signing_input = f"{segment(header)}.{segment(claims)}"
    return f"{signing_input}.{b64(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))}"


def signed_hs256(header: Any, claims: Any, secret: bytes) -> str:
    signing_input = f"{segment(header)}.{segment(claims)}"
    return f"{signing_input}.{b64(hmac.new(secret, signing_input.encode(), hashlib.sha256).digest())}"


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def decoded(token: str, part: int) -> Any:
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
