type Schema = Readonly<Record<string, unknown>>;

/** Deeper than this a type is not written out: a schema that refers to itself has no end. */
const DEPTH_MAX = 12;

/** The TypeScript type of what a JSON schema admits; `unknown` where it does not say. */
export function typeOf(schema: unknown, indent: number, depth = 0): string {
  if (typeof schema !== 'object' || schema === null || depth > DEPTH_MAX) return 'unknown';
  const { type, const: constant, enum: values, anyOf, oneOf, allOf } = schema as Schema;
  if (constant !== undefined) return JSON.stringify(constant).replaceAll('"', "'");
  if (Array.isArray(values)) return unionOf(values.map((value) => literalOf(value)));
  const union = anyOf ?? oneOf;
  if (Array.isArray(union)) return unionOf(union.map((each) => typeOf(each, indent, depth + 1)));
  if (Array.isArray(allOf)) return allOf.map((each) => typeOf(each, indent, depth + 1)).join(' & ');
  if (Array.isArray(type)) return unionOf(type.map((each) => typeOf({ ...schema, type: each }, indent, depth + 1)));
  switch (type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return arrayOf(schema as Schema, indent, depth);
    case 'object':
      return objectOf(schema as Schema, indent, depth);
    default:
      return 'unknown';
  }
}

function arrayOf({ items, prefixItems }: Schema, indent: number, depth: number): string {
  if (Array.isArray(prefixItems)) {
    return `[${prefixItems.map((each) => typeOf(each, indent, depth + 1)).join(', ')}]`;
  }
  const item = typeOf(items ?? {}, indent, depth + 1);
  return /[|&]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
}

function objectOf({ properties, required, additionalProperties }: Schema, indent: number, depth: number): string {
  const known = Object.entries((properties ?? {}) as Record<string, unknown>);
  if (known.length === 0) {
    const value =
      typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent, depth + 1) : 'unknown';
    return additionalProperties === false ? 'Record<string, never>' : `Record<string, ${value}>`;
  }
  const needed = Array.isArray(required) ? required : [];
  const pad = '  '.repeat(indent + 1);
  const fields = known.map(([name, each]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return `${pad}${key}${needed.includes(name) ? '' : '?'}: ${typeOf(each, indent + 1, depth + 1)};`;
  });
  return `{\n${fields.join('\n')}\n${'  '.repeat(indent)}}`;
}

function unionOf(types: readonly string[]): string {
  const different = [...new Set(types)];
  return different.includes('unknown') ? 'unknown' : different.join(' | ');
}

function literalOf(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);
}
