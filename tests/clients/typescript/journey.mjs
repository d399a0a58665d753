// The MCP TypeScript SDK's own client, unchanged: discover, register, log in, call a tool.
//
//   node journey.mjs MCP_URL
//
// Prints the address to open as "open URL", reads from standard input what the log-in page sent back ("CODE STATE"),
// and ends with one line of JSON: the tools, the result, the client id.
import { createInterface } from "node:readline/promises";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const url = new URL(process.argv[2]);
const held = {};
const provider = {
  redirectUrl: "http://127.0.0.1:33419/callback",
  clientMetadata: {
    client_name: "TypeScript test",
    redirect_uris: ["http://127.0.0.1:33419/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => "state-of-the-test",
  clientInformation: () => held.client,
  saveClientInformation: (client) => { held.client = client; },
  tokens: () => held.tokens,
  saveTokens: (tokens) => { held.tokens = tokens; },
  saveCodeVerifier: (verifier) => { held.verifier = verifier; },
  codeVerifier: () => held.verifier,
  redirectToAuthorization: (address) => { console.log(`open ${address}`); },
};

const input = createInterface({ input: process.stdin });
const answers = input[Symbol.asyncIterator]();

async function connect() {
  const client = new Client({ name: "typescript-test", version: "1" });
  const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
  await client.connect(transport);
  return client;
}

let client;
try {
  client = await connect();
  throw new Error("the server let an unknown client in");
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  const [code, state] = (await answers.next()).value.split(" ");
  if (state !== "state-of-the-test") throw new Error("the state came back changed");
  await new StreamableHTTPClientTransport(url, { authProvider: provider }).finishAuth(code);
  client = await connect();
}
const { tools } = await client.listTools();
const result = await client.callTool({ name: "echo", arguments: { text: "from TypeScript" } });
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), result, client: held.client.client_id }));
await client.close();
input.close();
