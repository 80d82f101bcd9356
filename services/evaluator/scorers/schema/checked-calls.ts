import { encodeToolName } from '#shared/formats/tool-name.ts';
import { isRecord } from '../json.ts';
import type { RawToolCall } from '../raw-reply.ts';
import type { CatalogueTool, DeliveredToolCall, ScoringSubject } from '../scoring-subject.ts';
import { type Validation, validateArguments } from './validate-arguments.ts';
import type { Violation } from './violation.ts';

/** A delivered call held against its tool's schema. */
interface CheckedCall extends Validation {
  readonly call: DeliveredToolCall;
  readonly toolName: string;
  /** The same call as the upstream sent it; null where that is not known. */
  readonly raw: readonly Violation[] | null;
}

export interface CheckedCalls {
  readonly delivered: readonly CheckedCall[];
  /** What the upstream's calls break and the delivered ones do not. */
  readonly mended: readonly { readonly violation: Violation; readonly toolName: string }[];
  /** True where arguments are no JSON object, so that they have no properties to check. */
  readonly hasUnreadable: boolean;
}

/** Every call that names a tool with a schema, checked as delivered and as sent. Null without a catalogue. */
export function checkCalls(subject: ScoringSubject): CheckedCalls | null {
  const { catalogue } = subject;
  if (catalogue === null) return null;
  const calls = subject.delivered?.toolCalls ?? [];
  const rawCalls = subject.raw?.toolCalls ?? null;
  const rawChecks = new Map<RawToolCall, readonly Violation[]>();
  for (const rawCall of rawCalls ?? []) {
    const tool = toolOf(catalogue, rawCall.name);
    const input = rawCall.parsed;
    if (tool?.inputSchema == null || !isRecord(input)) continue;
    rawChecks.set(rawCall, validateArguments(tool.inputSchema, input).violations);
  }
  const delivered = calls.flatMap((call, index): CheckedCall[] => {
    const tool = toolOf(catalogue, call.name);
    if (tool?.inputSchema == null || call.input === null) return [];
    const rawCall = rawCalls === null ? undefined : counterpartOf(call, index, calls.length, rawCalls, tool);
    const raw = rawCall === undefined ? null : (rawChecks.get(rawCall) ?? null);
    return [{ call, toolName: tool.name, raw, ...validateArguments(tool.inputSchema, call.input) }];
  });
  return {
    delivered,
    mended: mendedOf(catalogue, delivered, rawChecks),
    hasUnreadable: calls.some((call) => call.input === null),
  };
}

/** The tool that a name means; the upstream knows a shortened name by that name only. */
function toolOf(catalogue: ReadonlyMap<string, CatalogueTool>, name: string): CatalogueTool | undefined {
  const known = catalogue.get(name);
  if (known !== undefined) return known;
  for (const tool of catalogue.values()) if (encodeToolName(tool.name) === name) return tool;
  return undefined;
}

/** As many calls on both sides stand in the same order; else the id tells, or the tool where it was called once. */
function counterpartOf(
  call: DeliveredToolCall,
  index: number,
  count: number,
  rawCalls: readonly RawToolCall[],
  tool: CatalogueTool,
): RawToolCall | undefined {
  if (rawCalls.length === count) return rawCalls[index];
  const names = new Set([tool.name, encodeToolName(tool.name)]);
  const ofTool = rawCalls.filter((rawCall) => names.has(rawCall.name));
  return (
    ofTool.find((rawCall) => rawCall.id !== '' && rawCall.id === call.id) ??
    (ofTool.length === 1 ? ofTool[0] : undefined)
  );
}

function mendedOf(
  catalogue: ReadonlyMap<string, CatalogueTool>,
  delivered: readonly CheckedCall[],
  rawChecks: ReadonlyMap<RawToolCall, readonly Violation[]>,
): CheckedCalls['mended'] {
  const keyOf = ({ kind, path }: Violation) => `${kind} ${path}`;
  const known = new Set(delivered.flatMap(({ violations }) => violations.map(keyOf)));
  return [...rawChecks].flatMap(([rawCall, violations]) => {
    const toolName = toolOf(catalogue, rawCall.name)?.name ?? '';
    return violations.filter((violation) => !known.has(keyOf(violation))).map((violation) => ({ violation, toolName }));
  });
}
