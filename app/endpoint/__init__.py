"""The door: MCP over HTTP, the well-known documents, and the one table from errors to answers."""
