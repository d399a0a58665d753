"""Gatehouse: a thin MCP resource server behind an external authorization server."""

__version__ = "0.1.0"
