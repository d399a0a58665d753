"""Which addresses are the owner's own network's: what ``block_private`` keeps a server's name from leading to."""

from __future__ import annotations

import ipaddress


def is_public(host: str) -> bool | None:
    """Whether an address is one of the public internet; None for a name, which says nothing by itself."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False if host.lower().rstrip(".") == "localhost" else None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    chosen = mapped or address
    return chosen.is_global and not chosen.is_multicast
