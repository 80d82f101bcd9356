import assert from 'node:assert/strict';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { JsonObject } from '#shared/formats/json-object.ts';
import { answer, text } from '../answer.ts';
import type { ClientRequest, ConformanceCase, Observed, Step } from '../conformance-case.ts';
import { ask, assertLoss, assistant, READ_FILE, result, single, step, user, uses } from '../requests.ts';
import { fails, says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const PROSE = 'The quick brown fox jumps over the lazy dog, and then it sleeps. '.repeat(40);
const WHOLE = { modes: ['whole'] } as const;

function count(body: JsonObject): ClientRequest {
  return { path: '/v1/messages/count_tokens?beta=true', body };
}

export function counted({ body }: Observed): number {
  return Number(body?.['input_tokens']);
}

const countStep = (body: JsonObject, check: Step['check']): Step => ({
  request: count(body),
  expect: 'other',
  ...(check === undefined ? {} : { check }),
});

/** Conversations, each of which says more than the one before. */
const GROWING: readonly JsonObject[] = [
  { messages: [user('read')] },
  { messages: [user('read')], tools: [READ_FILE] },
  { messages: [user('read'), assistant(uses('toolu_a', 'read_file', { path: PROSE }))], tools: [READ_FILE] },
  {
    messages: [user('read'), assistant(uses('toolu_a', 'read_file', { path: PROSE })), user(result('toolu_a', PROSE))],
    tools: [READ_FILE],
  },
  {
    messages: [
      user('read'),
      assistant({ type: 'thinking', thinking: PROSE, signature: 'sig' }, uses('toolu_a', 'read_file', { path: PROSE })),
      user(result('toolu_a', PROSE)),
    ],
    tools: [READ_FILE],
  },
];

/** Context windows, and the counting of tokens. */
export const COUNTING: readonly ConformanceCase[] = [
  single(
    '47',
    'count_tokens is answered, and asks no upstream',
    ['BerriAI/litellm#13252', 'BerriAI/litellm#30043'],
    countStep({ messages: [user('hello')] }, (seen) => {
      assert.equal(seen.status, 200);
      assert.ok(counted(seen) > 0);
    }),
    WHOLE,
  ),
  {
    line: '48',
    title: 'Tools, calls, results and thinking are counted',
    threads: ['decolua/9router#2337'],
    modes: ['whole'],
    steps: GROWING.map((body) =>
      countStep(body, (seen, { before }) => {
        const earlier = before.at(-2);
        if (earlier !== undefined)
          assert.ok(counted(seen) > counted(earlier) + 20, `${counted(seen)} after ${counted(earlier)}`);
      }),
    ),
  },
  single(
    '49',
    'A count is rather too high than too low',
    ['ericc-ch/copilot-api#210', 'caozhiyuan/copilot-api#134', 'github/copilot-sdk#975'],
    countStep({ messages: [user(PROSE)] }, (seen) => {
      const tokens = countTokens(PROSE);
      assert.ok(counted(seen) >= tokens && counted(seen) < tokens * 1.5, `${counted(seen)} for ${tokens}`);
    }),
    { ...WHOLE, target: 'silent' },
  ),
  single(
    '50',
    'An overflow that the upstream gives no numbers for is worded as clients know it',
    ['jundot/omlx#26', 'anthropics/claude-code#57964', 'anthropics/claude-code#62070'],
    {
      request: ask(PROSE),
      script: fails('invalid', 'Input is too long: the request exceeds the context window of this model.'),
      expect: 'error',
      check(seen) {
        assert.equal(seen.status, 400);
        assert.match(seen.error?.message ?? '', /^prompt is too long: \d+ tokens > 8192 maximum$/);
      },
    },
    { target: 'small' },
  ),
  single(
    '51',
    'max_tokens above what the model takes is clamped',
    ['musistudio/claude-code-router#1249'],
    step(ask('go', { max_tokens: 64_000 }), DONE, (seen) => {
      assert.equal(seen.sent.maxTokens, 4_096);
      assertLoss(seen, /clamped \/max_tokens/);
    }),
    { target: 'small' },
  ),
];
