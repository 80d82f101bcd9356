import assert from 'node:assert/strict';
import { answer, call, text, thought } from '../answer.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { because, exemptWhole, only } from '../documents.ts';
import { ask, callsOf, kindsOf, READ_FILE, single, step, textOf, thinkingOf } from '../requests.ts';
import { says } from '../script.ts';

const TOOLS = { tools: [READ_FILE] };
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
