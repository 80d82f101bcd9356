import { isRecord, type JsonRecord } from '../json.ts';
import type { ScoringSubject } from '../scoring-subject.ts';

/** A tool as the upstream was told of it. */
export interface UpstreamTool {
  readonly name: string;
  readonly description: unknown;
  readonly schema: unknown;
}

/** The tools of the upstream's request by name; null where the request is not known to the letter. */
export function readUpstreamTools({ upstreamRequest }: ScoringSubject): ReadonlyMap<string, UpstreamTool> | null {
  if (upstreamRequest === null || !upstreamRequest.isExact) return null;
  const { body, format } = upstreamRequest;
  const entries = recordsOf(format === 'bedrock-converse' ? member(body['toolConfig'], 'tools') : body['tools']);
  const tools = new Map<string, UpstreamTool>();
  for (const { name, description, schema } of entries.flatMap((entry) => readEntry(format, entry))) {
    if (typeof name === 'string') tools.set(name, { name, description, schema });
  }
  return tools;
}

interface Entry {
  readonly name: unknown;
  readonly description: unknown;
  readonly schema: unknown;
}

function readEntry(format: string, entry: JsonRecord): readonly Entry[] {
  switch (format) {
    case 'openai-chat': {
      const called = isRecord(entry['function']) ? entry['function'] : {};
      return [{ name: called['name'], description: called['description'], schema: called['parameters'] }];
    }
    case 'openai-responses':
      return [{ name: entry['name'], description: entry['description'], schema: entry['parameters'] }];
    case 'gemini':
      return recordsOf(entry['functionDeclarations']).map((declared) => ({
        name: declared['name'],
        description: declared['description'],
        schema: declared['parametersJsonSchema'] ?? declared['parameters'],
      }));
    case 'bedrock-converse': {
      const tool = isRecord(entry['toolSpec']) ? entry['toolSpec'] : {};
      return [{ name: tool['name'], description: tool['description'], schema: member(tool['inputSchema'], 'json') }];
    }
    default:
      return [{ name: entry['name'], description: entry['description'], schema: entry['input_schema'] }];
  }
}

function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
