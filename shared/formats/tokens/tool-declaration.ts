import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';

/** Deeper schemas than this are written as their JSON, which is never shorter. */
const DEPTH_MAX = 12;

/**
 * The tools of a request as OpenAI's models see them, all together. Held to the prompts that gpt-4o reported for a
 * thousand function-calling questions, where it is exact but for a token.
 */
export function toolDeclarations(tools: readonly JsonObject[]): string {
  return `# Tools\n\n## functions\n\nnamespace functions {\n\n${tools.map(toolDeclaration).join('')}} // namespace functions`;
}

/** A TypeScript declaration made of a tool's schema, with the descriptions as comments. */
function toolDeclaration(tool: JsonObject): string {
  const name = encodeToolName(String(tool['name'] ?? ''));
  const schema = isJsonObject(tool['input_schema']) ? tool['input_schema'] : {};
  const properties = propertyLines(schema, 0);
  const type = properties.length === 0 ? '() => any' : `(_: {\n${properties.join('\n')}\n}) => any`;
  return `${comment(tool['description'])}type ${name} = ${type};\n\n`;
}

function propertyLines(schema: JsonObject, depth: number): string[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  return Object.entries(properties).map(([name, value]) => {
    const property = isJsonObject(value) ? value : {};
    const mark = required.includes(name) ? '' : '?';
    const fallback = property['default'] === undefined ? '' : ` // default: ${JSON.stringify(property['default'])}`;
    return `${comment(property['description'])}${name}${mark}: ${typeOf(property, depth + 1)},${fallback}`;
  });
}

function typeOf(schema: unknown, depth: number): string {
  if (!isJsonObject(schema)) return 'any';
  if (depth > DEPTH_MAX) return JSON.stringify(schema);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  const union = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf'];
  if (Array.isArray(union)) return union.map((option) => typeOf(option, depth + 1)).join(' | ');
  const { type } = schema;
  if (Array.isArray(type)) return type.map((each) => typeOf({ ...schema, type: each }, depth + 1)).join(' | ');
  return plainType(schema, type, depth);
}

function plainType(schema: JsonObject, type: unknown, depth: number): string {
  switch (type) {
    case 'array':
      return `${typeOf(schema['items'], depth + 1)}[]`;
    case 'object': {
      const lines = propertyLines(schema, depth);
      return lines.length === 0 ? 'object' : `{\n${lines.join('\n')}\n}`;
    }
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    default:
      return typeof schema['$ref'] === 'string' ? schema['$ref'] : 'any';
  }
}

function comment(description: unknown): string {
  return typeof description === 'string' && description !== '' ? `// ${description.replaceAll('\n', '\n// ')}\n` : '';
}
