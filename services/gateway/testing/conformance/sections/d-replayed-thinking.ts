import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { because, only } from '../documents.ts';
import {
  ask,
  assertLoss,
  assistant,
  callsOf,
  isForwarded,
  itemsOf,
  kindsOf,
  READ_FILE,
  result,
  single,
  step,
  turnOf,
  user,
  uses,
} from '../requests.ts';
import { says } from '../script.ts';

const DONE = says(answer([text('Done.')]));
const TOOLS = { tools: [READ_FILE] };
const SIGNATURE = 'ErUBCkYIAxgCIkD5/signed+by/Anthropic==';
const THINKING = { thinking: { type: 'enabled', budget_tokens: 1_024 }, max_tokens: 4_000 };
const LIVELY = { target: 'reasoning' } as const;

/** A tool turn with thinking before the call, which a client gives back. */
const THOUGHT_TURN = (signature: string): readonly object[] => [
  user('read'),
  assistant({ type: 'thinking', thinking: 'EARLIER', signature }, uses('toolu_t', 'read_file', { path: 'a' })),
  user(result('toolu_t', 'CONTENT')),
];

/** Thinking in histories. */
export const REPLAYED_THINKING: readonly ConformanceCase[] = [
  single(
    '29',
    'The second turn works with thinking in the history',
    ['BerriAI/litellm#29441', 'anthropics/claude-code#47375'],
    step(
      ask(
        [...THOUGHT_TURN(''), assistant({ type: 'thinking', thinking: 'MORE', signature: '' }, 'Said.'), user('and?')],
        TOOLS,
      ),
      says(answer([thought('Hm.'), text('So.')])),
      (seen) => assert.deepEqual(kindsOf(seen), ['thinking', 'text']),
    ),
    LIVELY,
  ),
  single(
    '30',
    'A server that wants its own reasoning back with tool turns gets it',
    [
      'musistudio/claude-code-router#1378',
      'musistudio/claude-code-router#1249',
      'decolua/9router#355',
      'farion1231/cc-switch#2331',
    ],
    step(ask(THOUGHT_TURN(''), TOOLS), DONE, (seen) => assert.equal(itemsOf(seen, 'thinking')[0]?.text, 'EARLIER')),
    {
      target: 'replaying',
      notApplicable: only(['openai-chat', 'bedrock-converse'], () =>
        because('reasoning_content is a field of Chat Completions as DeepSeek speaks it', 'deepseekThinking'),
      ),
    },
  ),
  single(
    '31',
    'Disabled thinking is sent without an effort that contradicts it',
    ['ding113/claude-code-hub#1257'],
    step(ask('go', { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }), DONE, (seen, setting) => {
      // Anthropic's own models take both.
      const isClaude = isForwarded(setting) || setting.column.name === 'bedrock-converse';
      if (!isClaude) assert.doesNotMatch(seen.sentText, /"high"/);
    }),
    LIVELY,
  ),
  single(
    '32',
    'Adaptive thinking does not reach models that do not take it',
    ['anthropics/claude-code#55211'],
    step(ask('go', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }), DONE, (seen) => {
      assert.doesNotMatch(seen.sentText, /adaptive/);
      assertLoss(seen, /\/thinking|\/effort/);
    }),
  ),
  single(
    '33',
    "Thinking that the target's vendor has not signed is left out, and told as lost",
    ['router-for-me/CLIProxyAPI#570', 'NoeFabris/opencode-antigravity-auth#70', 'ding113/claude-code-hub#518'],
    step(ask(THOUGHT_TURN('gemini-call:Zm9yZWlnbg=='), { ...TOOLS, ...THINKING }), DONE, (seen, { column }) => {
      if (column.name === 'gemini') {
        assert.equal(itemsOf(seen, 'call')[0]?.signature, 'Zm9yZWlnbg==');
        return;
      }
      assert.doesNotMatch(seen.sentText, /EARLIER|Zm9yZWlnbg/);
      assertLoss(seen, /dropped .*thinking/);
    }),
    LIVELY,
  ),
  single(
    '34',
    'Signed thinking reaches Anthropic byte by byte; elsewhere it is told as lost',
    ['router-for-me/CLIProxyAPI#2172', 'anthropics/claude-code#63607'],
    {
      request: {
        text: `{"model": "$MODEL", "max_tokens":4000, "messages":[{"role":"user","content":"read"},
          {"role":"assistant","content":[ {"signature":"${SIGNATURE}","type":"thinking","thinking":"caf\\u00e9 \\/ EARLIER"},
          {"type":"tool_use","id":"toolu_t","name":"read_file","input":{"path":"a"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_t","content":"x"}]}],
          "tools":[${JSON.stringify(READ_FILE)}]}`,
      },
      script: DONE,
      check(seen, { column }) {
        const [block] = itemsOf(seen, 'thinking');
        if (!column.isAnthropic && column.name !== 'bedrock-converse') {
          assert.equal(block, undefined);
          assertLoss(seen, /dropped .*thinking/);
          return;
        }
        assert.deepEqual([block?.text, block?.signature], ['café / EARLIER', SIGNATURE]);
        if (!column.isAnthropic) return;
        const raw = `{"signature":"${SIGNATURE}","type":"thinking","thinking":"caf\\u00e9 \\/ EARLIER"}`;
        assert.ok(seen.sentText.includes(raw), 'the block was written anew');
      },
    },
    { modes: ['whole'] },
  ),
  {
    line: '35',
    title: 'Thought signatures come back to the model through the client',
    threads: ['BerriAI/litellm#16812', 'BerriAI/litellm#16895'],
    target: 'reasoning',
    notApplicable: only(['gemini'], () =>
      because('thoughtSignature is a field of the parts of generateContent', 'thoughtSignatures'),
    ),
    steps: [
      step(
        ask('read', TOOLS),
        says(
          answer([
            thought('Hm.'),
            call('read_file', { path: 'a' }, { signature: 'c2lnbmF0dXJl' }),
            call('read_file', { path: 'b' }),
          ]),
        ),
        (seen) => assert.equal(callsOf(seen).length, 2),
      ),
      step(
        ({ before }) => {
          const [first] = before;
          assert.ok(first !== undefined);
          const results = callsOf(first).map(({ id }) => result(id, 'x'));
          return ask([user('read'), turnOf(first), user(...results)], TOOLS);
        },
        DONE,
        (seen) => {
          const signatures = itemsOf(seen, 'call').map(({ signature }) => signature);
          assert.deepEqual(signatures, ['c2lnbmF0dXJl', null]);
        },
      ),
    ],
  },
];
