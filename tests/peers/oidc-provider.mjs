// An OpenID provider on loopback, on a port that the system picks, with the login and consent forms
// that oidc-provider has for development: any name signs in.
//
//   node oidc-provider.mjs LOGIN_SECONDS REFRESH_SECONDS
//
// The two say how long access tokens of a login and of a refresh live. The first line of stdout is the
// issuer; `/seen` tells what happened so far. It ends when its stdin does, so that nothing stays
// behind a test that was killed.

import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [loginSeconds, refreshSeconds] = process.argv.slice(2).map(Number);

const configuration = {
  clients: [
    {
      client_id: 'keyfob-test',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback/peer'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  pkce: { methods: ['S256'], required: () => true },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: {
    AccessToken(_, token) {
      return token.gty.endsWith('refresh_token') ? refreshSeconds : loginSeconds;
    },
  },
  conformIdTokenClaims: false, // the id token names the person too
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      preferred_username: sub,
      name: `${sub} of the peer`,
      email: `${sub}@example.com`,
    }),
  }),
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
};

const seen = {};
const events = ['refresh_token.consumed', 'grant.revoked', 'grant.error', 'registration_create.success'];

console.warn = console.info = () => {}; // that development features are on is known

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  for (const event of events) {
    seen[event] = 0;
    provider.on(event, () => { seen[event] += 1; });
  }
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/seen') response.end(JSON.stringify(seen));
    else answer(request, response);
  });
  console.log(issuer);
});

process.stdin.on('end', () => process.exit()).resume();
