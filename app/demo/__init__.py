"""Stand-ins for what a laptop does not have: an Auth0 tenant and the Korean open-data portal.

For ``gatehouse demo`` and the tests. The server never imports this package; it listens on loopback only.
"""
