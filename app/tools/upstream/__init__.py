"""MCP servers that are not part of Gatehouse, behind its door. Imports nothing: whoever has none pays nothing."""
