import { isRecord, type JsonRecord, parseJson } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { CatalogueTool, ScoringSubject } from './scoring-subject.ts';

const DEPTH_MAX = 5;

interface Missing {
  /** JSON pointer inside the arguments. */
  readonly path: string;
  readonly property: string;
  readonly nested: boolean;
}

/** The first required property that is absent; a property that is there with null counts as present. */
function findMissing(schema: unknown, value: unknown, path: string, depth: number): Missing | null {
  if (!isRecord(schema) || depth > DEPTH_MAX) return null;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const missing = findMissing(schema['items'], item, `${path}/${index}`, depth + 1);
      if (missing !== null) return missing;
    }
    return null;
  }
  if (!isRecord(value)) return null;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  for (const property of required) {
    if (typeof property === 'string' && !Object.hasOwn(value, property)) {
      return { path: `${path}/${property}`, property, nested: depth > 0 };
    }
  }
  const properties: JsonRecord = isRecord(schema['properties']) ? schema['properties'] : {};
  for (const [name, member] of Object.entries(value)) {
    const missing = findMissing(properties[name], member, `${path}/${name}`, depth + 1);
    if (missing !== null) return missing;
  }
  return null;
}

/** Schema identifiers are the client's own words; what is not a plain identifier is left out of texts. */
function plainIdentifier(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : 'a property';
}

/** True when the upstream's own call of this tool has the property that the delivered one lacks. */
function rawHasProperty(subject: ScoringSubject, tool: CatalogueTool): boolean {
  const sent = subject.raw?.toolCalls.filter((call) => call.name === tool.name) ?? [];
  return sent.some((call) => {
    const input = parseJson(call.argumentsText);
    return isRecord(input) && findMissing(tool.inputSchema, input, '', 0) === null;
  });
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  if (subject.catalogue === null) return unknown('the request does not say which tools there were');
  let undecided: string | null = null;
  for (const call of calls) {
    const tool = subject.catalogue.get(call.name);
    if (call.input === null) undecided ??= 'arguments that are no JSON object have no properties';
    if (tool === undefined || tool.inputSchema === null || call.input === null) continue;
    const missing = findMissing(tool.inputSchema, call.input, '', 0);
    if (missing === null) continue;
    return {
      outcome: 'fail',
      owner: rawHasProperty(subject, tool) ? 'gateway' : 'provider',
      severity: 'error',
      evidence: [{ pointer: `${call.pointer}/input${missing.path}` }],
      expectedVsActual: missing.nested ? 'required nested property -> absent' : 'required property -> absent',
      detail: `a call of ${plainIdentifier(tool.name)} lacks the required ${plainIdentifier(missing.property)}`,
    };
  }
  return undecided === null ? PASSED : unknown(undecided);
}

export const missingRequired: Scorer = {
  id: 'missing_required',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: "No property that the tool's schema requires is absent from the arguments.",
  score,
};
