"""Why something on the network cannot be reached, as a sentence for an owner.

It looks at errors of sockets, TLS and httpx, and knows nothing of checks.
"""

from __future__ import annotations

import socket
import ssl
from typing import Literal

import httpx

Kind = Literal["name", "refused", "silent", "tls", "cut", "other"]


class Unreachable(Exception):
    """There was no usable answer. ``kind`` is the sort of trouble; the text says what was asked and what came."""

    def __init__(self, kind: Kind, said: str, code: int = 0) -> None:
        super().__init__(said)
        self.kind = kind
        self.code = code
        """OpenSSL's number of what is wrong with a certificate; 0 for everything else."""


def trouble_of(error: Exception, where: str) -> Unreachable:
    """What an error of the network means. ``where`` is what was asked."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                "tls", f"The certificate of {where} is refused: {cause.verify_message}.", cause.verify_code
            )
        if isinstance(cause, ssl.SSLError):
            return Unreachable("tls", f"{where} does not speak TLS as expected ({cause.reason or 'no reason given'}).")
        if isinstance(cause, socket.gaierror):
            return Unreachable("name", f"The name of {where} cannot be looked up ({cause.strerror}).")
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable("refused", f"{where} refuses the connection: nothing listens there.")
        if isinstance(cause, TimeoutError | httpx.TimeoutException):
            return Unreachable("silent", f"{where} did not answer in time.")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
        return Unreachable("cut", f"{where} closed the connection before its answer was complete.")
    return Unreachable("other", f"{where} cannot be reached ({type(error).__name__}).")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what lies beneath it; httpx wraps what the socket said."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found
