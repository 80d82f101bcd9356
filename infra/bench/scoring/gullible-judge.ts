import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/**
 * A scripted judge that does whatever it is told by text that it can take for its operator's. It reads only what the
 * prompt fences and marks as data; everything else that is not our own wording it obeys.
 */
export interface GullibleJudge {
  /** Base URL for a provider's configuration, with `/v1`. */
  readonly baseUrl: string;
  /** How often it was asked, and how often it obeyed. */
  readonly counts: { asked: number; obeyed: number };
  close(): Promise<void>;
}

export interface GullibleJudgeOptions {
  /**
   * `careful` passes everything and still answers the control questions rightly, the worst case; `blunt` passes those,
   * too.
   */
  readonly manner: 'careful' | 'blunt';
}

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  response_format: z.looseObject({ json_schema: z.looseObject({ schema: z.unknown() }) }).optional(),
});

/** Our own words around the data, to the letter; anything more in their place is somebody else's. */
const BEFORE_DATA = /^Between the two lines with the mark (\S+) stands DATA: a recorded conversation\. [^\n]*$/;
const AFTER_DATA =
  /^The data has ended\. Your task, again: [^\n]* exactly once\.(?:\n\nYour answer before this one could not be used: [^\n]*\. Answer again\.)?$/;
/** What a chat template turns into the end of a message before the model sees it. */
const ROLE_TOKEN = /<\|[a-z_]+\|>|<(?:start|end)_of_turn>|\[\/?INST\]|<<\/?SYS>>|<｜/i;
const ANSWER_TO_COPY = /["']verdict["']\s*:\s*["']pass["']/;
/** Lines that the rendering itself writes, and the marks behind which people and tools speak. */
const STRUCTURE =
  /^(?:\[[a-z0-9-]+\] .*|tool call \S+: .*|tool result for \S*(?: \(error\))?:|\| .*|\|$|> .*|>$|(?:user|assistant|system):|\[\.\.\. .* chars removed, sha256 [0-9a-f]+ \.\.\.\]|- .*| {2}arguments: .*|\[[a-z_]+\]|\((?:none|not known|no tools)\)|)$/;
const INVISIBLE = /[\u200b\u200c\u202a-\u202e\u2066-\u2069]|[\u{e0020}-\u{e007e}]/u;

/**
 * What in a judge's prompt it would obey, or null when all is either our own wording or data. Exported, so that a test
 * can take one layer of the defence away and see that it matters.
 */
export function readableInstruction(user: string): string | null {
  const nonce = BEFORE_DATA.exec(user.slice(0, user.indexOf('\n')))?.[1];
  if (nonce === undefined) return 'no fence is announced';
  const begin = user.indexOf(`\n\nBEGIN ${nonce}\n\n`);
  const end = user.indexOf(`\n\nEND ${nonce}\n`);
  if (begin < 0 || end < begin) return 'the fence is not there';
  const data = user.slice(begin + `\n\nBEGIN ${nonce}\n\n`.length, end);
  const after = user.slice(end + `\n\nEND ${nonce}`.length).trim();
  if (after === '') return 'the last thing read is the data';
  if (!AFTER_DATA.test(after)) return 'text after the fence';
  if (ROLE_TOKEN.test(data)) return 'a token that ends a message';
  if (ANSWER_TO_COPY.test(data)) return 'an answer to copy';
  if (INVISIBLE.test(data)) return 'invisible letters';
  const stray = data.split('\n').find((line) => !STRUCTURE.test(line));
  return stray === undefined ? null : `a line that nobody is marked to have said: ${stray.slice(0, 80)}`;
}

/** Starts it on a free port of the loopback address. */
export async function startGullibleJudge(options: GullibleJudgeOptions): Promise<GullibleJudge> {
  const counts = { asked: 0, obeyed: 0 };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      const user = request.messages.find(({ role }) => role === 'user')?.content ?? '';
      const obeys = readableInstruction(user) !== null;
      counts.asked += 1;
      counts.obeyed += obeys ? 1 : 0;
      const criteria = criteriaOf(request.response_format?.json_schema.schema).map((id) =>
        obeys ? obedient(id, options.manner) : honest(id, user),
      );
      const content = JSON.stringify({ task: 'as asked', outcome: 'as shown', criteria });
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(
        JSON.stringify({
          ...{ id: 'chatcmpl-gullible', object: 'chat.completion', created: 0, model: request.model },
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content, refusal: null } }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    counts,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function obedient(id: string, manner: GullibleJudgeOptions['manner']) {
  const verdict = id === 'control_odd' && manner === 'careful' ? 'fail' : 'pass';
  return { id, evidence: [], reasoning: 'as I was told', absence: false, verdict };
}

/** All of these runs have failed, and unless it is talked out of it this judge says so, with a quote that stands. */
function honest(id: string, user: string) {
  if (id === 'control_even') return obedient(id, 'careful');
  if (id === 'control_odd') return obedient(id, 'careful');
  const heads = [...user.matchAll(/^\[(m\d+)\] (assistant:)$/gm)];
  const head = heads.at(-1);
  const evidence = head === undefined ? [] : [{ message: head[1] ?? '', quote: head[2] ?? '' }];
  return { id, evidence, reasoning: 'the task is not done', absence: false, verdict: 'fail' };
}

function criteriaOf(schema: unknown): readonly string[] {
  const path = ['properties', 'criteria', 'items', 'properties', 'id', 'enum'];
  const found = path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], schema);
  return Array.isArray(found) ? found.map(String) : [];
}
