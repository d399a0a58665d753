"""An MCP server without any log-in, as there are many: it must never be reachable but through the door."""

import os

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings

server = MCPServer("other", log_level="WARNING")


@server.tool()
def who(context: Context) -> str:
    """Say who is calling, as the door says it."""
    headers = context.request_context.request.headers
    subject, client, scopes = (headers.get(f"x-auth-{name}") for name in ("subject", "client", "scopes"))
    if subject is None:
        raise RuntimeError("Nobody said who is calling: this must not happen behind the door.")
    return f"{subject} through {client} with {scopes}, token {headers.get('authorization')}"


if __name__ == "__main__":
    server.run(
        "streamable-http",
        host=os.environ.get("OTHER_HOST", "0.0.0.0"),
        port=int(os.environ.get("OTHER_PORT", "9000")),
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
