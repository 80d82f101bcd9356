import type { ClientCall } from '../../testing/load.ts';
import type { FaultSystem } from './fault-system.ts';

/** One call that a case makes by itself, and all that came of it. */
export interface Asked {
  readonly call: ClientCall;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** From the first piece of the body to its end, milliseconds. */
  readonly streamedMs: number;
}

export interface AskOptions {
  readonly isStreamed?: boolean;
  readonly model?: string;
  readonly sessionId?: string;
}

const DEADLINE_MS = 120_000;

/** Asks as a client without a library would, which reads what comes to its end, whatever it is. */
export async function ask(target: FaultSystem, content: string, options: AskOptions = {}): Promise<Asked> {
  const { isStreamed = true, model = 'claude-sonnet-5', sessionId } = options;
  const startedAtMs = performance.now();
  const endOf = (outcome: ClientCall['outcome'], callId: string | null): ClientCall => {
    return { outcome, callId, startedAtMs, endedAtMs: performance.now() };
  };
  let headers = new Headers();
  let text = '';
  let status = 0;
  let firstAtMs = 0;
  try {
    const response = await fetch(`${target.system.gatewayUrl}/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': target.apiKey,
        'anthropic-version': '2023-06-01',
        ...(sessionId === undefined ? {} : { 'x-claude-code-session-id': sessionId }),
      },
      body: JSON.stringify({ model, max_tokens: 500, stream: isStreamed, messages: [{ role: 'user', content }] }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    ({ headers, status } = response);
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      firstAtMs ||= performance.now();
      text += decoder.decode(bytes, { stream: true });
    }
  } catch {
    return { call: endOf('unknown', callIdOf(headers)), status, text, headers, streamedMs: 0 };
  }
  const isWhole =
    status === 200 && (isStreamed ? text.includes('event: message_stop') : text.includes('"stop_reason"'));
  const call = endOf(isWhole ? 'ok' : 'error', callIdOf(headers));
  return { call, status, text, headers, streamedMs: firstAtMs === 0 ? 0 : performance.now() - firstAtMs };
}

function callIdOf(headers: Headers): string | null {
  return headers.get('x-trimtab-call-id');
}

/** Whether a stream says in words that it is no whole answer, and holds nothing that is not whole. */
export function endsInError({ text }: Asked): boolean {
  const lines = [...text.matchAll(/^data: ([^\n]*)$/gm)].map((match) => match[1] ?? '');
  return text.includes('event: error') && !text.includes('event: message_stop') && lines.every(isJson);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
