import type { ScorerCase } from '../scorer-case.ts';
import { translatedCase } from './translated-case.ts';

const THINKING = { type: 'thinking', thinking: 'The sum is in another file.', signature: 'EqQBCkYIBRgCKkBhYmNkZWY' };
const REDACTED = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' };
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
const RESULT = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] };
const USER = { role: 'user', content: 'Look' };
const loop = (...blocks: readonly object[]) => ({
  messages: [USER, { role: 'assistant', content: [...blocks, CALL] }, RESULT],
});
const anthropic = (body: object) => ({ format: 'anthropic-messages', body: { ...body } });
const lost = {
  owner: 'gateway',
  severity: 'error',
  expectedVsActual: 'thinking with its signature -> absent',
} as const;
const told = (pointer: string, detail: string) => [
  { kind: 'dropped' as const, pointer, format: 'openai-chat', detail },
];
const SIGNED_REPLY = JSON.stringify({ type: 'message', content: [THINKING, { type: 'text', text: 'Done.' }] });
const viaAnthropic = (scorerCase: ScorerCase): ScorerCase => ({
  ...scorerCase,
  content: { ...scorerCase.content, call: { ...scorerCase.content.call, upstreamFormat: 'anthropic-messages' } },
});

export const THINKING_LOST_CASES: readonly ScorerCase[] = [
  translatedCase('thinking left out', 'fail', loop(THINKING), anthropic(loop()), lost),
  translatedCase('redacted thinking left out', 'fail', loop(REDACTED), anthropic(loop()), lost),
  translatedCase('a signature left out', 'fail', loop(THINKING), anthropic(loop({ ...THINKING, signature: '' })), {
    expectedVsActual: 'thinking with its signature -> altered',
  }),
  translatedCase(
    'a word changed',
    'fail',
    loop(THINKING),
    anthropic(loop({ ...THINKING, thinking: 'The sum is in another module.' })),
    {
      expectedVsActual: 'thinking with its signature -> altered',
    },
  ),
  translatedCase('the second of two thoughts', 'fail', loop(THINKING, REDACTED), anthropic(loop(THINKING)), lost),
  translatedCase(
    'thinking that no field of Chat has, and nobody says so',
    'fail',
    loop(THINKING),
    { body: { messages: [{ role: 'assistant', content: '' }] } },
    lost,
  ),
  viaAnthropic(
    translatedCase(
      'a signature that the client did not get',
      'fail',
      {
        raw: SIGNED_REPLY,
        blocks: [
          { ...THINKING, signature: '' },
          { type: 'text', text: 'Done.' },
        ],
      },
      null,
      { expectedVsActual: 'thinking with its signature -> signature not delivered' },
    ),
  ),
  translatedCase('thinking passed on', 'pass', loop(THINKING), anthropic(loop(THINKING))),
  translatedCase('redacted thinking passed on', 'pass', loop(REDACTED), anthropic(loop(REDACTED))),
  translatedCase('thinking as the reasoning of Chat', 'pass', loop(THINKING), {
    body: { messages: [{ role: 'assistant', reasoning_content: THINKING.thinking }] },
  }),
  translatedCase(
    'thinking in its encrypted form',
    'pass',
    loop({ ...THINKING, signature: 'resp:gAAAAABobase64ofopenai' }),
    {
      format: 'openai-responses',
      body: { input: [{ type: 'reasoning', encrypted_content: 'gAAAAABobase64ofopenai' }] },
    },
  ),
  translatedCase(
    'thinking whose loss is in the ledger',
    'pass',
    { ...loop(THINKING), losses: told('/messages/1/content/0', 'thinking of an earlier turn') },
    {
      body: { messages: [] },
    },
  ),
  viaAnthropic(
    translatedCase(
      'a signature delivered',
      'pass',
      { raw: SIGNED_REPLY, blocks: [THINKING, { type: 'text', text: 'Done.' }] },
      null,
    ),
  ),
  translatedCase(
    'thinking of a turn that is over',
    'not_applicable',
    {
      messages: [USER, { role: 'assistant', content: [THINKING, { type: 'text', text: 'Done.' }] }, USER],
    },
    anthropic({ messages: [] }),
  ),
  translatedCase('no thinking', 'not_applicable', loop(), anthropic(loop())),
  translatedCase('nothing known of what was sent', 'not_applicable', loop(THINKING), null),
  translatedCase('what was sent is not known exactly', 'not_applicable', loop(THINKING), {
    ...anthropic(loop()),
    isExact: false,
  }),
];
