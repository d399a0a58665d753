"""Certificates are checked against the system's store, and against nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.errors import ToolError
from app.tools.real_estate.sources import SourceSettings, open_sources
from tests.tools.sources.questions import contracts
from tests.tools.sources.support import KEY, NOW
from tests.tools.sources.test_keys import served


def certificate(folder: Path) -> dict[str, str]:
    """Make a certificate of 127.0.0.1 that only those trust who are told to."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=2))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"ssl_certfile": str(folder / "certificate.pem"), "ssl_keyfile": str(folder / "key.pem")}


@pytest.mark.parametrize(("trusted", "said"), [(True, "another address"), (False, "cannot be reached")])
def test_certificates_are_checked_against_the_system_s_store(
    trusted: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", files["ssl_certfile"])
    else:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with served(**files) as url:
        settings = SourceSettings(data_go_kr_api_key=KEY, data_go_kr_base_url=url.replace("http:", "https:"))

        async def run() -> None:
            async with open_sources(settings, clock=lambda: NOW, sleep=_at_once) as sources:
                await contracts(sources)

        with pytest.raises(ToolError, match=said):
            asyncio.run(run())


async def _at_once(_: float) -> None:
    """No wait."""
