import type { ScorerCase } from '../scorer-case.ts';
import { translatedCase } from './translated-case.ts';

const BILLING = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=sdk-cli' };
const FIRST = { type: 'text', text: 'You are a coding agent.' };
const SECOND = { type: 'text', text: 'Working directory: /app\nBe brief.' };
const PREFIX = 'Call every tool with all of its required arguments.';
const asked = (...system: readonly object[]) => ({ parameters: { system } });
const chat = (system: string | null, prefix: string | null = null) => ({
  prefix,
  body: {
    messages: [
      ...(system === null ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: 'Look at the files' },
    ],
  },
});
const altered = (what: string) =>
  ({ owner: 'gateway', severity: 'fatal', expectedVsActual: `system prompt and prefix -> ${what}` }) as const;
const told = (detail: string) => [
  { kind: 'approximated' as const, pointer: '/output_config/format', format: 'openai-chat', detail },
];

export const SYSTEM_PROMPT_ALTERED_CASES: readonly ScorerCase[] = [
  translatedCase('no system prompt at all', 'fail', asked(FIRST, SECOND), chat(null), altered('text missing')),
  translatedCase('one of two blocks', 'fail', asked(FIRST, SECOND), chat(FIRST.text), altered('text missing')),
  translatedCase('a word changed', 'fail', asked(FIRST), chat('You are a writing agent.'), altered('text missing')),
  translatedCase(
    'a prefix that is recorded and was not sent',
    'fail',
    asked(FIRST),
    chat(FIRST.text, PREFIX),
    altered('text missing'),
  ),
  translatedCase(
    'a prefix that was sent and is not recorded',
    'fail',
    asked(FIRST),
    chat(`${PREFIX}\n\n${FIRST.text}`),
    altered('text added'),
  ),
  translatedCase(
    'blocks in another order',
    'fail',
    asked(FIRST, SECOND),
    chat(`${SECOND.text}\n${FIRST.text}`),
    altered('text missing'),
  ),
  translatedCase('a prompt out of nowhere', 'fail', {}, chat(PREFIX), altered('text added')),
  translatedCase(
    "a mark of the client's in the ledger, which explains nothing",
    'fail',
    {
      ...asked(BILLING, FIRST),
      losses: [{ kind: 'dropped', pointer: '/system/0', format: 'openai-chat', detail: 'client attribution block' }],
    },
    chat(null),
    altered('text missing'),
  ),
  translatedCase('the same', 'pass', asked(FIRST), chat(FIRST.text)),
  translatedCase('blocks put together', 'pass', asked(FIRST, SECOND), chat(`${FIRST.text}\n\n${SECOND.text}`)),
  translatedCase('a recorded prefix', 'pass', asked(FIRST), chat(`${PREFIX}\n\n${FIRST.text}`, PREFIX)),
  translatedCase('the mark of the client left out', 'pass', asked(BILLING, FIRST), chat(FIRST.text)),
  translatedCase(
    'the instructions of Responses',
    'pass',
    { parameters: { system: FIRST.text } },
    {
      format: 'openai-responses',
      body: { instructions: FIRST.text, input: [] },
    },
  ),
  translatedCase('the system instruction of Gemini', 'pass', asked(FIRST, SECOND), {
    format: 'gemini',
    body: { systemInstruction: { parts: [{ text: FIRST.text }, { text: SECOND.text }] } },
  }),
  translatedCase(
    'a schema that the ledger says is in the prompt',
    'pass',
    { ...asked(FIRST), losses: told('schema of the answer said in the system prompt') },
    chat(`${FIRST.text}\nAnswer as JSON.`),
  ),
  translatedCase('no system prompt on either side', 'not_applicable', {}, chat(null)),
  translatedCase('nothing known of what was sent', 'not_applicable', asked(FIRST), null),
  translatedCase('what was sent is not known exactly', 'not_applicable', asked(FIRST), {
    ...chat(null),
    isExact: false,
  }),
];
