import { isJsonObject, type JsonObject } from '../formats/json-object.ts';

/** Fields of Gemini's `Schema`; any other is answered with "Unknown name". */
const COMMON_FIELDS = ['type', 'title', 'description', 'default', 'nullable'];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  STRING: ['format', 'enum', 'minLength', 'maxLength', 'pattern'],
  NUMBER: ['format', 'minimum', 'maximum'],
  INTEGER: ['format', 'minimum', 'maximum'],
  BOOLEAN: [],
  ARRAY: ['items', 'minItems', 'maxItems'],
  OBJECT: ['properties', 'required', 'minProperties', 'maxProperties'],
};
const NUMBER_FIELDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
const FORMATS = ['date-time', 'float', 'double', 'int32', 'int64'];

/** The first sub-schema's complaint. */
function refuseMembers(schema: JsonObject): string | null {
  const properties = isJsonObject(schema['properties']) ? Object.values(schema['properties']) : [];
  const items = schema['items'] === undefined ? [] : [schema['items']];
  for (const member of [...properties, ...items]) {
    const complaint = refuseGeminiSchema(member);
    if (complaint !== null) return complaint;
  }
  return null;
}

function refuseObject(schema: JsonObject): string | null {
  const { properties, required } = schema;
  if (properties !== undefined && (!isJsonObject(properties) || Object.keys(properties).length === 0)) {
    return 'properties should be non-empty';
  }
  if (required === undefined) return null;
  if (!Array.isArray(required) || !isJsonObject(properties)) return 'required without properties';
  return required.every((name) => typeof name === 'string' && Object.hasOwn(properties, name))
    ? null
    : 'required property is not defined';
}

/** Why Gemini would answer 400 to a schema, by the complaints that users report; null when it would not. */
export function refuseGeminiSchema(schema: unknown): string | null {
  if (!isJsonObject(schema)) return 'schema is no object';
  if (schema['anyOf'] !== undefined) {
    if (Object.keys(schema).length > 1) return 'other fields alongside any_of';
    if (!Array.isArray(schema['anyOf']) || schema['anyOf'].length < 2) return 'any_of without alternatives';
    return schema['anyOf'].map(refuseGeminiSchema).find((complaint) => complaint !== null) ?? null;
  }
  const allowed = FIELDS[String(schema['type'])];
  if (allowed === undefined) return `type ${JSON.stringify(schema['type'])}`;
  for (const [field, value] of Object.entries(schema)) {
    if (!COMMON_FIELDS.includes(field) && !allowed.includes(field)) return `Unknown name "${field}"`;
    if (NUMBER_FIELDS.includes(field) && typeof value !== 'number') return `${field} is no number`;
  }
  if (schema['format'] !== undefined && !FORMATS.includes(String(schema['format']))) return 'unsupported format';
  const values = schema['enum'];
  if (values !== undefined) {
    const isGood = Array.isArray(values) && values.every((value) => typeof value === 'string' && value !== '');
    if (!isGood || values.length === 0) return 'enum: cannot be empty';
  }
  if (schema['description'] !== undefined && typeof schema['description'] !== 'string') return 'description';
  if (schema['type'] === 'ARRAY' && schema['items'] === undefined) return 'items: missing field';
  return refuseObject(schema) ?? refuseMembers(schema);
}

interface Part extends JsonObject {
  text?: unknown;
  functionCall?: { name: string; id?: string };
  functionResponse?: { name: string; id?: string };
}

function refuseTurn(parts: readonly Part[], role: unknown, next: readonly Part[] | undefined): string | null {
  if (parts.length === 0) return 'contents.parts must not be empty';
  for (const part of parts) {
    if (part.text === '' && part['thoughtSignature'] === undefined) return 'part must have one initialized field';
    if (part.functionCall && role !== 'model') return 'a call by the user';
    if (part.functionResponse && role !== 'user') return 'a response by the model';
  }
  const called = parts.flatMap((part) => part.functionCall ?? []).map(({ name, id }) => `${name} ${id}`);
  const answered = (next ?? []).flatMap((part) => part.functionResponse ?? []).map(({ name, id }) => `${name} ${id}`);
  if (JSON.stringify(called) === JSON.stringify(answered)) return null;
  return 'the number of function response parts is not equal to the number of function call parts';
}

/** Why Gemini would answer 400 to a request; null when it would not. `generation` 3 wants signatures on calls. */
export function refuseGeminiBody(body: unknown, generation: 2 | 3 = 3): string | null {
  if (!isJsonObject(body) || !Array.isArray(body['contents'])) return 'contents is not specified';
  const contents = body['contents'] as { role: unknown; parts: Part[] }[];
  if (contents[0]?.role !== 'user') return 'the conversation does not start with a user turn';
  if (contents[0].parts.some((part) => part.functionResponse)) return 'a response without its call';
  for (const [index, { role, parts }] of contents.entries()) {
    const complaint = refuseTurn(parts, role, contents[index + 1]?.parts);
    if (complaint !== null) return complaint;
    const first = parts.find((part) => part.functionCall);
    if (generation === 3 && first !== undefined && typeof first['thoughtSignature'] !== 'string') {
      return 'Function call is missing a thought_signature';
    }
  }
  const tools = (body['tools'] ?? []) as { functionDeclarations: { name: string; parameters?: unknown }[] }[];
  for (const { name, parameters } of tools.flatMap((tool) => tool.functionDeclarations)) {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)) return 'Invalid function name';
    if (parameters === undefined) continue;
    const complaint = refuseGeminiSchema(parameters);
    if (complaint !== null) return complaint;
  }
  return null;
}
