import { createHash } from 'node:crypto';
import { isJsonObject } from './json-object.ts';

/** Chat Completions servers refuse function names that are longer or hold other characters. */
const TOOL_NAME_CHARACTERS_MAX = 64;
const HASH_CHARACTERS = 8;
const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;

/**
 * The name to send upstream. A name that does not fit keeps its readable start, and ends in a hash of the whole, so
 * that two long names of one MCP server stay apart.
 */
export function encodeToolName(name: string): string {
  if (name.length <= TOOL_NAME_CHARACTERS_MAX && PLAIN_NAME.test(name)) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARACTERS);
  const start = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, TOOL_NAME_CHARACTERS_MAX - HASH_CHARACTERS - 1);
  return `${start}_${hash}`;
}

/** The client's name for a tool that the upstream called, found again in the request's own list. */
export function restoreToolName(upstreamName: string, tools: readonly unknown[]): string {
  for (const tool of tools) {
    const name = isJsonObject(tool) ? tool['name'] : undefined;
    if (typeof name === 'string' && name !== upstreamName && encodeToolName(name) === upstreamName) return name;
  }
  return upstreamName;
}
