"""A whole client on the MCP Python SDK: it logs in, lists the tools and calls one."""
# ruff: noqa: T201, S106 -- a program that prints; "none" names the way in without a client password

import argparse
import asyncio
import logging
import sys
import threading
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from mcp.shared.exceptions import MCPError

HINTS = {
    httpx2.TransportError: "Nothing answers at {}: does the server run, and is the address whole?",
    MCPError: "{} answers, but not as hoped. Does the address end in /mcp?",
    OAuthFlowError: "{} asks for a log-in, which did not succeed.",
}


class Memory:
    client_info = tokens = None  # kept while the program runs; a client for every day would store them safely

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens


class Page(BaseHTTPRequestHandler):
    def do_GET(self):  # the browser comes back after the log-in
        self.send_response_only(200)  # and writes no log line: the address holds the code
        self.end_headers()
        self.wfile.write(b"This page can be closed; go back to the terminal.")
        if self.path.startswith("/callback"):
            self.server.on_return(dict(parse_qsl(urlsplit(self.path).query)))


async def use(url, browser):
    returned, loop = asyncio.Queue(), asyncio.get_running_loop()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    listener.on_return = lambda told: loop.call_soon_threadsafe(returned.put_nowait, told)
    threading.Thread(target=listener.serve_forever, daemon=True).start()

    async def open_log_in(address):
        print(f"Log in here:\n\n  {address}\n", flush=True)
        if browser:
            webbrowser.open(address)

    async def wait_for_return():
        told = await returned.get()
        if "code" not in told:
            raise OAuthFlowError(told.get("error_description", "No code came back."))
        return AuthorizationCodeResult(**told)

    callback = f"http://127.0.0.1:{listener.server_port}/callback"
    about = OAuthClientMetadata(client_name="Example", redirect_uris=[callback], token_endpoint_auth_method="none")
    auth = OAuthClientProvider(url, about, Memory(), open_log_in, wait_for_return)
    async with httpx2.AsyncClient(auth=auth) as http, Client(streamable_http_client(url, http_client=http)) as client:
        tools = (await client.list_tools()).tools
        print(f"{len(tools)} tools:", ", ".join(tool.name for tool in tools[:3]), "...")
        result = await client.call_tool("get_current_year_month")
        print("get_current_year_month:", result.content[0].text)


parser = argparse.ArgumentParser(description="Log in to an MCP server, list its tools and call one.")
parser.add_argument("url", help="for example http://127.0.0.1:8000/mcp")
parser.add_argument("--no-browser", action="store_true", help="only print the log-in address")
arguments = parser.parse_args()
logging.disable()  # the last line of this file says what went wrong
try:
    asyncio.run(use(arguments.url, not arguments.no_browser))
except (Exception, KeyboardInterrupt) as error:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    hint = next((text for kind, text in HINTS.items() if isinstance(error, kind)), "Stopped.")
    sys.exit(f"{hint.format(arguments.url)} ({str(error) or type(error).__name__})")
