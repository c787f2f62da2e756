// An OpenID provider on loopback, on a port that the system picks, with the login and consent forms
// that oidc-provider has for development: any name signs in.
//
//   node oidc-provider.mjs '{"login": SECONDS, "refresh": SECONDS, …}'
//
// What the options mean is said where each is used. The first line of stdout is the issuer; `/seen`
// tells what happened so far, and `/hold` and `/release` keep polls of the device flow waiting. It ends
// when its stdin does, so that nothing stays behind a test that was killed.

import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';
import { handler as deviceCode, parameters } from './node_modules/oidc-provider/lib/actions/grants/device_code.js';
import checkResource from './node_modules/oidc-provider/lib/shared/check_resource.js';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const API = 'https://api.example.com/';

const options = JSON.parse(process.argv[2]);

const configuration = {
  clients: [
    {
      client_id: 'keyfob-test',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback/peer'],
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE, TOKEN_EXCHANGE],
      response_types: ['code'],
    },
    // All that an encoding may lose; what a client id and a secret may hold is printable ASCII.
    ...['client_secret_basic', 'client_secret_post'].map((method) => ({
      client_id: `fob:100%+&=/${method}`,
      client_secret: 's/e+c r%t:&=?~"\\%41',
      application_type: 'native',
      token_endpoint_auth_method: method,
      redirect_uris: ['http://127.0.0.1/callback/peer'],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE, TOKEN_EXCHANGE],
      response_types: ['code'],
    })),
    {
      client_id: 'resource-server',
      client_secret: 'introspects',
      redirect_uris: [],
      grant_types: [],
      response_types: [],
    },
  ],
  pkce: { methods: ['S256'], required: () => true },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: {
    // How long access tokens live: those of a login, of a refresh, and of a client's own.
    AccessToken: (_, token) => (token.gty.endsWith('refresh_token') ? options.refresh : options.login),
    ClientCredentials: options.login,
    DeviceCode: options.deviceCode,
  },
  conformIdTokenClaims: false, // the id token names the person too
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email'], phone: ['phone_number'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      preferred_username: sub,
      name: `${sub} of the peer`,
      email: `${sub}@example.com`,
    }),
  }),
  // `methods`: how clients may authenticate, where that is not the package's own choice.
  ...(options.methods && { clientAuthMethods: options.methods }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    // `par`: `offered` or `required`.
    pushedAuthorizationRequests: {
      enabled: Boolean(options.par),
      requirePushedAuthorizationRequests: options.par === 'required',
    },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => [],
      getResourceServerInfo: (_, resource) => {
        if (resource !== API) throw new errors.InvalidTarget();
        return { scope: 'api:read', audience: API, accessTokenFormat: 'opaque' };
      },
    },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
};

const seen = {};
const count = (what) => { seen[what] = (seen[what] ?? 0) + 1; };

const events = [
  'access_token.saved',
  'authorization_code.consumed',
  'authorization_code.saved',
  'client_credentials.saved',
  'device_code.consumed',
  'device_code.saved',
  'grant.revoked',
  'pushed_authorization_request.success',
  'refresh_token.consumed',
  'refresh_token.saved',
  'registration_create.success',
  'registration_delete.success',
];

let gate = Promise.resolve();
let open = () => {};
const controls = {
  '/seen': () => JSON.stringify(seen),
  '/hold': () => { gate = new Promise((resolve) => { open = resolve; }); },
  '/release': () => open(),
};

// `announce`: for a path, members of its answers that the package does not send, or sends otherwise.
async function announce(ctx, next) {
  await next();
  if (ctx.path in options.announce && ctx.status < 300) Object.assign(ctx.body, options.announce[ctx.path]);
}

// `policy`: what a registration gets whatever it asks for.
async function policy(ctx, next) {
  if (ctx.path === '/reg' && ctx.method === 'POST' && options.policy) {
    let text = '';
    for await (const chunk of ctx.req) text += chunk;
    ctx.req.body = { ...JSON.parse(text), ...options.policy };
  }
  return next();
}

// `slowDowns`: so many polls come too soon for it.
let slowDowns = options.slowDowns ?? 0;
async function poll(ctx, next) {
  count('poll');
  await gate;
  if (slowDowns > 0) {
    slowDowns -= 1;
    throw new errors.SlowDown();
  }
  return deviceCode(ctx, next);
}

// The package has no token exchange; it has all that one is made of. The subject token is an id token of the
// client, whose signature, issuer and audience the package checks.
async function exchange(ctx, next) {
  const { client, params, provider } = ctx.oidc;
  const { scope, subject_token, subject_token_type, requested_token_type } = params;
  if (!subject_token || subject_token_type !== ID_TOKEN) throw new errors.InvalidRequest('subject_token_type');
  if (requested_token_type && requested_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest('requested_token_type');
  let claims;
  try {
    ({ payload: claims } = await provider.IdToken.validate(subject_token, client));
  } catch {
    throw new errors.InvalidGrant('subject_token');
  }
  if (claims.exp * 1000 <= Date.now()) throw new errors.InvalidGrant('subject_token');
  await checkResource(ctx, () => {});
  const token = new provider.ClientCredentials({ client, scope });
  const [resourceServer] = Object.values(ctx.oidc.resourceServers);
  if (resourceServer) token.resourceServer = resourceServer;
  ctx.body = {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    expires_in: token.expiration,
    token_type: token.tokenType,
    scope: token.scope,
  };
  await next();
}

console.warn = console.info = () => {}; // that development features are on is known

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  for (const event of events) provider.on(event, () => count(event));
  provider.on('grant.success', (ctx) => count(`granted ${ctx.oidc.params.grant_type}`));
  provider.on('grant.error', (_, error) => {
    const undecided = ['authorization_pending', 'slow_down'].includes(error.error);
    count(undecided ? error.error : 'grant.error');
  });
  provider.on('registration_create.success', (_, client) => { seen.registered = client.metadata(); });
  provider.use(announce);
  provider.use(policy);
  provider.registerGrantType(DEVICE_CODE, poll, [...parameters, 'resource']);
  const asked = ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'];
  provider.registerGrantType(TOKEN_EXCHANGE, exchange, asked, ['audience', 'resource']);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const control = controls[request.url];
    if (control) response.end(control());
    else answer(request, response);
  });
  console.log(issuer);
});

process.stdin.on('end', () => process.exit()).resume();
