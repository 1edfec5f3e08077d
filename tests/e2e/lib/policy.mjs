// The configuration that the suites put in front of the starter: examples/commerce-starter/gatehouse.toml in small.
import {audience, issuer} from './tokens.mjs';

export const jwtTable = ({jwks, extra = ''}) => `[jwt]
preset = "custom"
issuer = "${issuer}"
audience = ["${audience}"]
jwks = "${jwks}"
${extra}
`;

export const route = (path, lines = '', tables = {}) => {
  const parts = [`[[route]]\npath = "${path}"\nupstream = "app"\n${lines}`];
  for (const [name, text] of Object.entries(tables)) parts.push(`[route.${name}]\n${text}`);
  return parts.join('\n') + '\n';
};

export const publicRoute = (path, lines = '', tables) => route(path, `access = "public"\n${lines}`, tables);
export const signedIn = (path, lines = '', tables) => route(path, `access = "signed_in"\n${lines}`, tables);
