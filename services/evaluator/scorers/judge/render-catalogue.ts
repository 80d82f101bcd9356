import { isRecord } from '../json.ts';
import { cutMiddle } from './cut-middle.ts';
import { neutralise } from './neutralise.ts';

/** Characters of the whole catalogue; every tool is in it, whatever has to give way. */
const CATALOGUE_CHARACTERS_MAX = 12_000;

/** Of one tool, tried in turn until the catalogue fits; a schema that is too long is told by its arguments' names. */
const LEVELS = [
  { description: 300, schema: 600 },
  { description: 120, schema: 200 },
  { description: 60, schema: 0 },
  { description: 0, schema: 0 },
];

/** The tools that the assistant could call, a line each and their arguments: without it no judge can say which fits. */
export function renderCatalogue(tools: unknown): string {
  if (!Array.isArray(tools)) return '(not known)';
  const known = (tools as unknown[]).filter(isRecord);
  if (known.length === 0) return '(no tools)';
  let rendered = '';
  for (const level of LEVELS) {
    rendered = known.map((tool) => renderTool(tool, level)).join('\n');
    if (rendered.length <= CATALOGUE_CHARACTERS_MAX) break;
  }
  return rendered;
}

function renderTool(tool: Readonly<Record<string, unknown>>, level: (typeof LEVELS)[number]): string {
  const description = cutMiddle(oneLine(tool['description'] ?? ''), level.description);
  const schema = renderSchema(tool['input_schema'], level.schema);
  const shown = level.description === 0 || description === '' ? '' : `: ${description}`;
  return neutralise(`- ${oneLine(tool['name'])}${shown}\n  arguments: ${schema}`);
}

function renderSchema(schema: unknown, limit: number): string {
  const whole = JSON.stringify(schema ?? {});
  if (whole.length <= limit) return whole;
  const properties = isRecord(schema) && isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
  const required = isRecord(schema) && Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  return properties.map((name) => oneLine(required.includes(name) ? `${name} (required)` : name)).join(', ') || '{}';
}

function oneLine(text: unknown): string {
  return String(text).replace(/\s+/g, ' ');
}
