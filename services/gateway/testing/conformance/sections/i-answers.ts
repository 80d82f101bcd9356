import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase, Step } from '../conformance-case.ts';
import { because, exempt, only } from '../documents.ts';
import {
  ask,
  assertLoss,
  callsOf,
  itemsOf,
  READ_FILE,
  result,
  single,
  step,
  textOf,
  tool,
  turnOf,
  user,
} from '../requests.ts';
import { says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const TOOLS = { tools: [READ_FILE, tool('list_files')] };
const SIGNATURE = 'EqQBCkgIBRABGAIiQ+signed/by=Anthropic==';
const ENCRYPTED = 'gAAAAABencrypted-reasoning-that-only-OpenAI-reads==';
const CITED = 'https://example.org/trim-tabs';

/** Arguments of two calls in every order in which their pieces can come. */
const INTERLEAVINGS: readonly Step[] = [
  [call('read_file', { path: 'one.ts' }), call('read_file', { path: 'two.ts' })],
  [call('read_file', { path: 'x'.repeat(40) }), call('list_files', {}), call('read_file', { path: 'y' })],
  [text('First.'), call('list_files', { a: 1 }), call('list_files', { b: 2 }), call('list_files', { c: 3 })],
].map((parts) =>
  step(ask('go', TOOLS), says(answer(parts, { deviations: ['interleaved'] })), (seen) =>
    assert.equal(callsOf(seen).length, parts.filter(({ type }) => type === 'call').length),
  ),
);

/** Answers beyond what the list says. */
export const ANSWER_FIDELITY: readonly ConformanceCase[] = [
  { line: 'I.1', title: 'Parallel calls arrive whole in any interleaving', threads: [], steps: INTERLEAVINGS },
  single(
    'I.2',
    "A thinking block and its signature reach the client as Anthropic's model said them",
    [],
    step(
      ask('go', TOOLS),
      says(answer([thought(['Let me ', 'see.'], SIGNATURE), call('read_file', { path: 'a' })])),
      (seen) => {
        const block = seen.message?.content[0];
        assert.ok(block?.type === 'thinking');
        assert.deepEqual([block.thinking, block.signature], ['Let me see.', SIGNATURE]);
      },
    ),
    {
      target: 'reasoning',
      notApplicable: exempt({
        'openai-chat': because('reasoning has no signature', 'chat'),
        'openai-responses': because('reasoning is encrypted instead of signed, as another line has it', 'responses'),
        gemini: because('signatures are those of Gemini, as another line has it', 'thoughtSignatures'),
      }),
    },
  ),
  {
    line: 'I.3',
    title: 'Encrypted reasoning comes back to the model through the client',
    threads: [],
    target: 'reasoning',
    notApplicable: only(['openai-responses'], ({ name, isAnthropic }) =>
      isAnthropic
        ? because('reasoning is signed instead of encrypted, as another line has it', 'messages')
        : name === 'openai-chat'
          ? because('reasoning has no encrypted form', 'chat')
          : name === 'gemini'
            ? because('reasoning is signed instead of encrypted, as another line has it', 'thoughtSignatures')
            : because('reasoning is signed instead of encrypted, as another line has it', 'converse'),
    ),
    steps: [
      step(ask('read', TOOLS), says(answer([thought('Hm.', ENCRYPTED), call('read_file', { path: 'a' })])), (seen) =>
        assert.match(seen.sentText, /reasoning\.encrypted_content/),
      ),
      step(
        ({ before }) => {
          const [first] = before;
          assert.ok(first !== undefined);
          return ask([user('read'), turnOf(first), user(result(callsOf(first)[0]?.id ?? '', 'x'))], TOOLS);
        },
        DONE,
        (seen) => assert.equal(itemsOf(seen, 'thinking')[0]?.signature, ENCRYPTED),
      ),
    ],
  },
  single(
    'I.4',
    'Tokens written to a cache are counted once, and apart from those read',
    [],
    step(
      ask('go'),
      says(answer([text('A')], { usage: { input: 100, cacheRead: 500, cacheWrite: 400, output: 9 } })),
      (seen) => {
        const usage = seen.message?.usage;
        assert.deepEqual(
          [usage?.input_tokens, usage?.cache_read_input_tokens, usage?.cache_creation_input_tokens],
          [100, 500, 400],
        );
        assert.equal(seen.record?.call.usage?.cacheCreationInputTokens, 400);
      },
    ),
    {
      notApplicable: exempt({
        gemini: because(
          'usageMetadata tells what a cache served, and nothing of what was written to one',
          'generateContent',
        ),
      }),
    },
  ),
  single(
    'I.5',
    'Citations of an answer are delivered, or told as lost',
    [],
    step(ask('go'), says(answer([{ type: 'text', pieces: ['cited ', 'text'], citedUrl: CITED }])), (seen) => {
      const block = seen.message?.content[0];
      assert.ok(block?.type === 'text');
      if ((block.citations?.length ?? 0) === 0) assertLoss(seen, /annotation|citation|grounding/i);
      assert.equal(textOf(seen), 'cited text');
    }),
  ),
  single(
    'I.6',
    'A refusal stops with refusal',
    [],
    step(ask('go'), says(answer([text('I cannot.')], { stop: 'refusal' })), (seen) =>
      assert.equal(seen.message?.stop_reason, 'refusal'),
    ),
  ),
  single(
    'I.7',
    "An upstream's error in the middle of a stream keeps its words",
    [],
    {
      request: ask('go'),
      script: says(answer([text('So ', 'it ', 'is.')]), {
        faultAfter: { frames: 2, message: 'the model is overloaded at noon' },
      }),
      expect: 'broken',
      check: (seen) => assert.match(seen.error?.message ?? '', /the model is overloaded at noon/),
    },
    { modes: ['streamed'] },
  ),
  single(
    'I.8',
    'An answer without usage is estimated, and told as that',
    [],
    step(
      // As long in either mode: the estimate is made of the length.
      ({ mode }) => (mode === 'streamed' ? ask('go!', { stream: true }) : ask('go', { stream: false })),
      says(answer([text('A sentence of some length.')], { deviations: ['no_usage'] })),
      (seen) => {
        assert.ok((seen.message?.usage.output_tokens ?? 0) > 0);
        assertLoss(seen, /approximated \/usage/);
      },
    ),
    {
      notApplicable: (column) =>
        column.isAnthropic ? because('usage is a required field of every message', 'messages') : null,
    },
  ),
];
