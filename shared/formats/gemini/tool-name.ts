import { isJsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';

const ALLOWED_START = /^[A-Za-z_]/;

/** The name to send upstream: beside what other servers refuse, Gemini refuses names that start with a digit or dash. */
export function encodeGeminiToolName(name: string): string {
  const encoded = encodeToolName(name);
  // The blank becomes an underscore, and makes the name one that ends in a hash: `_1` may be the name of another tool.
  return ALLOWED_START.test(encoded) ? encoded : encodeToolName(` ${name}`);
}

/** The client's name for a tool that the upstream called, found again in the request's own list. */
export function restoreGeminiToolName(upstreamName: string, tools: readonly unknown[]): string {
  const names = tools.flatMap((tool) => (isJsonObject(tool) && typeof tool['name'] === 'string' ? [tool['name']] : []));
  if (names.includes(upstreamName)) return upstreamName;
  return names.find((name) => encodeGeminiToolName(name) === upstreamName) ?? upstreamName;
}
