import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { because, exemptWhole, only } from '../documents.ts';
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
  textOf,
  thinkingOf,
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

/** Thinking blocks in answers. */
export const ANSWERED_THINKING: readonly ConformanceCase[] = [
  single(
    '26',
    'Reasoning is a thinking block, and never a thinking_delta in a text block',
    ['BerriAI/litellm#32357', 'BerriAI/litellm#25212', 'BerriAI/litellm#33224', 'sgl-project/sglang#26795'],
    step(ask('why?'), says(answer([thought(['Let me ', 'see.']), text('So.')])), (seen) => {
      assert.deepEqual(kindsOf(seen), ['thinking', 'text']);
      assert.equal(thinkingOf(seen), 'Let me see.');
    }),
    LIVELY,
  ),
  single(
    '27',
    'The first piece after each change of block is delivered',
    ['BerriAI/litellm#25212'],
    step(
      ask('why?', TOOLS),
      says(answer([thought(['T1 ', 'T2']), text('A1 ', 'A2'), call('read_file', { path: 'first' })])),
      (seen) => {
        assert.equal(thinkingOf(seen), 'T1 T2');
        assert.equal(textOf(seen), 'A1 A2');
        assert.deepEqual(callsOf(seen)[0]?.input, { path: 'first' });
      },
    ),
    LIVELY,
  ),
  single(
    '28',
    'Reasoning that comes after text is a block of its own',
    ['BerriAI/litellm#33224'],
    step(ask('why?'), says(answer([thought('One.'), text('A.'), thought('Two.'), text('B.')])), (seen) => {
      assert.deepEqual(kindsOf(seen), ['thinking', 'text', 'thinking', 'text']);
      assert.deepEqual([thinkingOf(seen), textOf(seen)], ['One.|Two.', 'A.|B.']);
    }),
    {
      ...LIVELY,
      notApplicable: exemptWhole(({ name }) =>
        name === 'openai-chat'
          ? because('a whole completion has one place for reasoning and one for text', 'chat')
          : null,
      ),
    },
  ),
  single(
    '36',
    'Reasoning in <think> tags is taken out of the text',
    ['vllm-project/vllm#43221', 'vllm-project/vllm#51641', 'vllm-project/vllm#50594'],
    step(
      ask('why?', TOOLS),
      says(answer([text('<thi', 'nk>Let me ', 'see.</th', 'ink>\n\nSo.'), call('read_file', { path: 'a' })])),
      (seen) => {
        assert.deepEqual([thinkingOf(seen), textOf(seen).trim()], ['Let me see.', 'So.']);
        assert.equal(callsOf(seen).length, 1);
      },
    ),
    {
      target: 'tagging',
      notApplicable: only(['openai-chat'], ({ isAnthropic, name }) =>
        isAnthropic
          ? because('reasoning has blocks of its own; text is text', 'messages')
          : name === 'gemini'
            ? because('parts say of themselves whether they are thought', 'generateContent')
            : name === 'bedrock-converse'
              ? because('reasoningContent is a block of its own; text is text', 'converse')
              : because('reasoning is an item of its own; output_text is text', 'responses'),
      ),
    },
  ),
  single(
    '37',
    'Thinking that was cut off is not said again as text',
    ['raullenchai/Rapid-MLX#826'],
    step(ask('why?'), says(answer([thought(['Let me ', 'see'])], { stop: 'length' })), (seen) => {
      assert.equal(thinkingOf(seen), 'Let me see');
      assert.doesNotMatch(textOf(seen), /Let me/);
      assert.equal(seen.message?.stop_reason, 'max_tokens');
    }),
    LIVELY,
  ),
];

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
