import { encodeToolName } from '#shared/formats/tool-name.ts';
import { isRecord } from './json.ts';
import { findLostPart, type LostPart } from './schema/find-lost-schema.ts';
import { readUpstreamTools, type UpstreamTool } from './schema/upstream-tools.ts';
import { plainIdentifier } from './schema/violation.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

function findLost(tool: Readonly<Record<string, unknown>>, sent: UpstreamTool | undefined): LostPart | null {
  if (sent === undefined) return { path: '', keyword: 'tool' };
  const { description } = tool;
  if (typeof description === 'string' && description.trim() !== '' && sent.description !== description) {
    return { path: '/description', keyword: 'description' };
  }
  // A tool without parameters can be told of without a schema.
  if (sent.schema === undefined && !hasProperties(tool['input_schema'])) return null;
  const lost = findLostPart(tool['input_schema'], sent.schema);
  return lost === null ? null : { path: `/input_schema${lost.path}`, keyword: lost.keyword };
}

function hasProperties(schema: unknown): boolean {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) && Object.keys(properties).length > 0;
}

function score(subject: ScoringSubject): ScorerResult {
  const tools = subject.request?.['tools'];
  if (!Array.isArray(tools) || tools.length === 0) return NOT_APPLICABLE;
  const sent = subject.part(readUpstreamTools);
  const choice = subject.request?.['tool_choice'];
  // What is not known cannot be compared; where no tool may be called, none need be sent.
  if (sent === null || (isRecord(choice) && choice['type'] === 'none')) return NOT_APPLICABLE;
  let compared = 0;
  for (const [index, tool] of (tools as unknown[]).entries()) {
    if (!isRecord(tool) || typeof tool['name'] !== 'string' || !isRecord(tool['input_schema'])) continue;
    compared += 1;
    const at = `/tools/${index}`;
    // What the ledger of losses tells is scored there.
    if (
      subject.call.losses.some(({ pointer }) => pointer === '/tools' || pointer === at || pointer.startsWith(`${at}/`))
    )
      continue;
    const lost = findLost(tool, sent.get(tool['name']) ?? sent.get(encodeToolName(tool['name'])));
    if (lost === null) continue;
    return {
      outcome: 'fail',
      owner: 'gateway',
      severity: 'error',
      evidence: [{ pointer: `/request${at}${lost.path}` }],
      expectedVsActual: `schema sent whole -> ${lost.keyword} lost`,
      detail: `the upstream was not told the ${lost.keyword} of ${plainIdentifier(tool['name'])}, and no loss was noted`,
    };
  }
  return compared === 0 ? NOT_APPLICABLE : PASSED;
}

export const schemaLostInTranslation: Scorer = {
  id: 'schema_lost_in_translation',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition:
    'The tools that the upstream is told of say all that those of the request say, but for what the ledger of losses names.',
  score,
};
