import { isJsonObject, type JsonObject } from '../json-object.ts';

/** Stands for "any value": Gemini wants a type everywhere. */
export const ANY_VALUE: JsonObject = { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }, { type: 'BOOLEAN' }] };

/** Alternatives of alternatives are alternatives. */
function unnest(member: JsonObject): readonly JsonObject[] {
  return Array.isArray(member['anyOf']) ? (member['anyOf'] as JsonObject[]) : [member];
}

/** `anyOf` has to stand alone in its schema. */
export function joinMembers(members: readonly JsonObject[]): JsonObject {
  const [only] = members;
  if (only === undefined) return ANY_VALUE;
  return members.length === 1 ? only : { anyOf: members.flatMap(unnest) };
}

function makeNullable(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema['anyOf'])) return { ...schema, nullable: true };
  return { anyOf: (schema['anyOf'] as JsonObject[]).map((member) => ({ ...member, nullable: true })) };
}

export function finishNullable(schema: JsonObject, isNullable: boolean): JsonObject {
  return isNullable ? makeNullable(schema) : schema;
}

export function isNullSchema(member: unknown): boolean {
  if (!isJsonObject(member)) return false;
  return member['type'] === 'null' || ('const' in member && member['const'] === null);
}

/** Alternatives that are string constants are one enum. */
export function asEnum(members: readonly unknown[]): readonly unknown[] | null {
  const values = members.flatMap((member): readonly unknown[] => {
    if (!isJsonObject(member)) return [undefined];
    return 'const' in member ? [member['const']] : Array.isArray(member['enum']) ? member['enum'] : [undefined];
  });
  return values.length > 0 && values.every((value) => typeof value === 'string') ? values : null;
}

/** An alternative with what stands beside all of them. */
export function inherit(shared: JsonObject, member: JsonObject): JsonObject {
  const merged: JsonObject = { ...shared, ...member };
  if (isJsonObject(shared['properties']) && isJsonObject(member['properties'])) {
    merged['properties'] = { ...shared['properties'], ...member['properties'] };
  }
  if (Array.isArray(shared['required']) && Array.isArray(member['required'])) {
    merged['required'] = [...new Set<unknown>([...shared['required'], ...member['required']])];
  }
  return merged;
}

/** What is said of each constant among alternatives; their enum has one description for all. */
export function describeConstants(members: readonly unknown[]): readonly string[] {
  return members.flatMap((member) => {
    if (!isJsonObject(member) || !('const' in member) || typeof member['description'] !== 'string') return [];
    return [`${JSON.stringify(member['const'])}: ${member['description']}`];
  });
}
