// A certified OpenID Provider that is not Auth0: the npm package oidc-provider, unchanged, on a free loopback port.
//
//   node server.mjs
//
// Its issuer has a path and no slash at the end; it signs access tokens with ES256 only; it gives one out for any
// resource on loopback (RFC 8707). It prints "issuer URL" when it is ready, and ends when its standard input does.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider, { errors } from "oidc-provider";

const MOUNT = "/realms/home";

const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}${MOUNT}`;

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const machine = {
  client_secret: "only-for-tests",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
};

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "home-1" }] },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  scopes: ["openid", "offline_access", "read", "write"],
  clients: [
    {
      client_id: "known-beforehand",
      application_type: "native",
      redirect_uris: ["http://127.0.0.1:33418/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    },
    { client_id: "machine", ...machine },
    { client_id: "machine-with-a-list", ...machine },
  ],
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 600,
    RefreshToken: 3600, Session: 3600,
  },
  features: {
    registration: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo(_, resource) {
        if (!resource.startsWith("http://127.0.0.1:")) throw new errors.InvalidTarget();
        return { audience: resource, scope: "read write", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } };
      },
    },
  },
  formats: {
    customizers: {
      // As Okta writes it: a list named scp instead of a text named scope.
      jwt(_, token, { payload }) {
        if (token.clientId !== "machine-with-a-list") return;
        payload.scp = payload.scope.split(" ");
        delete payload.scope;
      },
    },
  },
});

const serve = provider.callback();
server.on("request", (request, response) => {
  if (!request.url.startsWith(`${MOUNT}/`)) {
    response.writeHead(404).end();
    return;
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(MOUNT.length);
  serve(request, response);
});

process.stdin.on("end", () => process.exit(0)).resume();
console.log(`issuer ${issuer}`);
