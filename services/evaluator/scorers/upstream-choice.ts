import { isRecord, type JsonRecord } from './json.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** What the upstream was told about which tools to call; a value is null where its wire format has no word for it. */
export interface UpstreamChoice {
  readonly forces: boolean | null;
  readonly forbids: boolean | null;
  readonly forbidsParallel: boolean | null;
}

/** Null where the upstream's request is not known to the letter. */
export function readUpstreamChoice({ upstreamRequest }: ScoringSubject): UpstreamChoice | null {
  if (upstreamRequest === null || !upstreamRequest.isExact) return null;
  const { body, format } = upstreamRequest;
  switch (format) {
    case 'openai-chat':
    case 'openai-responses':
      return readOpenai(body);
    case 'anthropic-messages':
      return readAnthropic(body);
    case 'gemini':
      return readGemini(body);
    case 'bedrock-converse':
      return readBedrock(body);
    default:
      return null;
  }
}

function hasTools(tools: unknown): boolean {
  return Array.isArray(tools) && tools.length > 0;
}

function readOpenai(body: JsonRecord): UpstreamChoice {
  const choice = body['tool_choice'];
  return {
    forces: choice === 'required' || isRecord(choice),
    forbids: choice === 'none' || !hasTools(body['tools']),
    forbidsParallel: body['parallel_tool_calls'] === false,
  };
}

function readAnthropic(body: JsonRecord): UpstreamChoice {
  const choice = isRecord(body['tool_choice']) ? body['tool_choice'] : {};
  return {
    forces: choice['type'] === 'any' || choice['type'] === 'tool',
    forbids: choice['type'] === 'none' || !hasTools(body['tools']),
    forbidsParallel: choice['disable_parallel_tool_use'] === true,
  };
}

function readGemini(body: JsonRecord): UpstreamChoice {
  const config = isRecord(body['toolConfig']) ? body['toolConfig']['functionCallingConfig'] : undefined;
  const mode = isRecord(config) ? config['mode'] : undefined;
  return { forces: mode === 'ANY', forbids: mode === 'NONE' || !hasTools(body['tools']), forbidsParallel: null };
}

function readBedrock(body: JsonRecord): UpstreamChoice {
  const config = isRecord(body['toolConfig']) ? body['toolConfig'] : {};
  const choice = isRecord(config['toolChoice']) ? config['toolChoice'] : {};
  const forces = isRecord(choice['any']) || isRecord(choice['tool']);
  return { forces, forbids: !hasTools(config['tools']), forbidsParallel: null };
}
