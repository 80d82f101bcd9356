import type { BfclAnswer, BfclFunction } from './bfcl-rows.ts';
import { type BfclDict, type BfclValue, isDict, isList, typeName } from './bfcl-values.ts';

/** JSON Schema's types for the words that the leaderboard's tools use, of Python, Java and JavaScript. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ dict: 'object', HashMap: 'object', Hashtable: 'object', object: 'object' },
  ...{
    array: 'array',
    tuple: 'array',
    Array: 'array',
    ArrayList: 'array',
    Set: 'array',
    Queue: 'array',
    Stack: 'array',
  },
  ...{ integer: 'integer', byte: 'integer', short: 'integer', long: 'integer', Bigint: 'integer' },
  ...{ float: 'number', double: 'number', number: 'number' },
  ...{ string: 'string', String: 'string', char: 'string', any: 'string' },
  ...{ boolean: 'boolean', Boolean: 'boolean' },
};
const TYPE_OF_VALUE = {
  ...{ str: 'string', int: 'integer', float: 'number', bool: 'boolean' },
  ...{ list: 'array', dict: 'object', none: 'null' },
} as const;

/** A function as a tool of ours. Its own words stay out of the product: here the dialect is made JSON Schema. */
export interface BfclTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
}

/**
 * @param answer where a key accepts a value of another type than the function declares (a variable's name for what it
 * stands for), that type is allowed as well, as the leaderboard's checker allows it
 */
export function toTool({ name, description, parameters }: BfclFunction, answer?: BfclAnswer): BfclTool {
  const schema = toSchema(parameters);
  const properties = { ...(schema['properties'] as Record<string, unknown> | undefined) };
  for (const [parameter, accepted] of Object.entries(answer?.parameters ?? {})) {
    const declared = properties[parameter];
    if (declared !== undefined && isList(accepted)) properties[parameter] = widen(declared, accepted);
  }
  return { name, description, input_schema: { ...schema, type: 'object', properties, additionalProperties: false } };
}

function toSchema(given: BfclDict): Record<string, unknown> {
  const schema: Record<string, unknown> = {};
  const type = TYPES[String(given['type'])];
  if (type !== undefined) schema['type'] = type;
  if (typeof given['description'] === 'string') schema['description'] = given['description'];
  if (isList(given['enum'])) schema['enum'] = given['enum'];
  if (isDict(given['items'])) schema['items'] = toSchema(given['items']);
  if (isDict(given['properties'])) {
    const members = Object.entries(given['properties']).filter((entry): entry is [string, BfclDict] =>
      isDict(entry[1]),
    );
    schema['properties'] = Object.fromEntries(members.map(([name, member]) => [name, toSchema(member)]));
  }
  if (isList(given['required'])) schema['required'] = given['required'];
  return schema;
}

/** The checker looks at the type of a whole parameter and of its items, and at nothing further down. */
function widen(declared: unknown, accepted: readonly BfclValue[]): unknown {
  const types = [...new Set(accepted.filter((value) => value !== '').map((value) => TYPE_OF_VALUE[typeName(value)]))];
  const { type, items } = declared as { type?: string; items?: { type?: string } };
  if (type === 'object') return types.includes('object') || types.length === 0 ? { type } : { type: [type, ...types] };
  const allowed = types.filter((each) => each !== type);
  const item = items?.type === 'object' || items?.type === 'array' ? { type: items.type } : items;
  const ofItems = accepted.flatMap((value) =>
    isList(value) ? value.map((member) => TYPE_OF_VALUE[typeName(member)]) : [],
  );
  const itemTypes = [...new Set([...(item?.type === undefined ? [] : [item.type]), ...ofItems])];
  return {
    type: type === undefined ? undefined : [type, ...allowed],
    ...(item === undefined ? {} : { items: itemTypes.length === 0 ? {} : { type: itemTypes } }),
  };
}
