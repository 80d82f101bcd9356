import { isJsonObject } from './json-object.ts';

/** The argument text of a call: its input as JSON, or the very text that an upstream sent and that did not parse. */
export function toolArguments(input: unknown): string {
  const unparsed = isJsonObject(input) ? input['__unparsedToolInput'] : undefined;
  if (isJsonObject(unparsed) && typeof unparsed['raw'] === 'string') return unparsed['raw'];
  return JSON.stringify(input ?? {});
}
