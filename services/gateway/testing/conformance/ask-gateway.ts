import { Agent, request } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { ClientName, ClientRequest, Setting } from './conformance-case.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly elapsedMs: number;
  /** The connection broke before the answer's end. */
  readonly isCut: boolean;
}

const PATHS: Readonly<Record<ClientName, string>> = {
  'anthropic-messages': '/v1/messages?beta=true',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};
const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'client-key' };
/** Far above what any line waits for; a gateway that hangs fails its line here. */
const DEADLINE_MS = 15_000;

const agent = new Agent({ keepAlive: true });

function bodyOf(given: ClientRequest, setting: Setting, number: number): string | undefined {
  if (given.text !== undefined) return given.text.replaceAll('$MODEL', setting.alias);
  if (given.body === undefined) return undefined;
  const isStream = setting.mode === 'streamed' ? { stream: true } : {};
  const isCount = given.path?.includes('count_tokens') === true;
  const filled: JsonObject = { model: setting.alias, ...(isCount ? {} : isStream), ...given.body };
  return JSON.stringify(filled).replaceAll('$NUMBER', String(number));
}

/** Sends the `number`th of a client's requests to the gateway, and waits for the end of its answer. */
export async function askGateway(
  given: ClientRequest,
  setting: Setting,
  client: ClientName,
  number: number,
): Promise<RawAnswer> {
  const body = bodyOf(given, setting, number);
  const started = Date.now();
  const url = new URL(given.path ?? PATHS[client], setting.baseUrl);
  return await new Promise<RawAnswer>((resolve, reject) => {
    const outgoing = request(url, {
      agent,
      method: given.method ?? 'POST',
      headers: { ...HEADERS, ...given.headers },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const pieces: Buffer[] = [];
      let length = 0;
      const finish = (isCut: boolean): void => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, bytes: Buffer.concat(pieces), elapsedMs: Date.now() - started, isCut });
      };
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
        if (given.hangsUpAfter === undefined || length < given.hangsUpAfter) return;
        finish(true);
        void nextTurn().then(() => response.destroy());
      });
      response.once('end', () => finish(false));
      response.once('error', () => finish(true));
    });
    outgoing.end(body);
  });
}
