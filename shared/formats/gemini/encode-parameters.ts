import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeSchema } from './encode-schema.ts';

/** The schema of a tool's input, which has to be an object; null for a tool without parameters. */
export function encodeParameters(encoding: Encoding, schema: JsonObject, path: RequestPath): JsonObject | null {
  const encoded = encodeSchema(encoding, { type: 'object', ...schema }, path);
  if (encoded['type'] === 'OBJECT') {
    const { nullable: _nullable, ...parameters } = encoded;
    return isJsonObject(parameters['properties']) ? parameters : null;
  }
  const members = Array.isArray(encoded['anyOf']) ? (encoded['anyOf'] as JsonObject[]) : [];
  const objects = members.filter((member) => isJsonObject(member['properties']));
  lose(encoding, 'approximated', path, 'alternatives of a whole input sent as one object');
  if (objects.length === 0) return null;
  const required = objects.map((member) => (Array.isArray(member['required']) ? (member['required'] as string[]) : []));
  const shared = (required[0] ?? []).filter((name) => required.every((names) => names.includes(name)));
  return {
    type: 'OBJECT',
    properties: Object.assign({}, ...objects.map((member) => member['properties'])) as JsonObject,
    ...(shared.length > 0 ? { required: shared } : {}),
  };
}
