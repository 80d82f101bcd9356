import { anthropicReply, anthropicStream, content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const CALL = { name: 'Read', arguments: '{}' };

const GEMINI_CALL = JSON.stringify({
  candidates: [
    { content: { role: 'model', parts: [{ functionCall: { name: 'Read', args: {} } }] }, finishReason: 'STOP' },
  ],
});

export const STOP_REASON_INCONSISTENT_CASES: readonly ScorerCase[] = [
  {
    name: 'a call with end_turn',
    content: content({ calls: [{}], stopReason: 'end_turn', raw: openAiReply([CALL], 'stop') }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'calls 1+ stop tool_use -> stop end_turn',
  },
  {
    name: 'a call with end_turn where the upstream said tool_calls',
    content: content({ calls: [{}], stopReason: 'end_turn', raw: openAiReply([CALL]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a call with end_turn where Anthropic said tool_use',
    content: content({ calls: [{}], stopReason: 'end_turn', raw: anthropicReply([{ name: 'Read', input: {} }]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'tool_use without a call',
    content: content({ text: 'I will read.', stopReason: 'tool_use', raw: openAiReply([]) }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: 'stop tool_use calls 1+ -> calls 0',
  },
  {
    name: 'tool_use without the call that the upstream sent',
    content: content({ text: 'I will read.', stopReason: 'tool_use', raw: openAiStream([CALL]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'the end of a turn without content',
    content: content({ raw: openAiReply([], 'stop') }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: 'content 1+ -> content 0',
  },
  { name: 'blank text only', content: content({ text: ' \n' }), outcome: 'fail' },
  {
    name: 'no stop reason at all',
    content: content({ calls: [{}], stopReason: null }),
    outcome: 'fail',
    expectedVsActual: 'stop reason -> absent',
  },
  {
    name: 'a stop word nobody knows beside a call',
    content: content({ calls: [{}], stopReason: 'whatever' }),
    outcome: 'fail',
    expectedVsActual: 'calls 1+ stop tool_use -> stop other',
  },
  {
    name: 'an answer cut at its limit and delivered as whole',
    content: content({ text: 'Do', raw: openAiReply([], 'length') }),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'stop max_tokens -> stop end_turn',
  },
  {
    name: 'a call of an upstream whose one word for an end was taken for no call',
    content: content({ calls: [{}], stopReason: 'end_turn', raw: GEMINI_CALL }),
    outcome: 'fail',
    owner: 'gateway',
  },
  { name: 'a call that stops for tool use', content: content({ calls: [{}] }), outcome: 'pass' },
  {
    name: 'two calls that stop for tool use',
    content: content({ calls: [{}, {}], text: 'Reading.' }),
    outcome: 'pass',
  },
  {
    name: 'a call cut by the token limit',
    content: content({ calls: [{ input: '{"a' }], stopReason: 'max_tokens' }),
    outcome: 'pass',
  },
  { name: 'a call beside a refusal', content: content({ calls: [{}], stopReason: 'refusal' }), outcome: 'pass' },
  {
    name: 'an upstream stop that was put right',
    content: content({ calls: [{}], raw: openAiStream([CALL], 'stop') }),
    outcome: 'pass',
  },
  {
    name: 'an Anthropic stream with a call',
    content: content({ calls: [{}], raw: anthropicStream('Read', ['{}']) }),
    outcome: 'pass',
  },
  { name: 'a plain answer', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  {
    name: 'an answer that ended with a stop sequence',
    content: content({ text: 'Done.', stopReason: 'stop_sequence' }),
    outcome: 'not_applicable',
  },
  {
    name: 'a message that the client broke off',
    content: content({ calls: [{}], stopReason: null, status: 'client_cancelled' }),
    outcome: 'unknown',
  },
  {
    name: 'a message that the upstream broke off',
    content: content({ text: 'Do', stopReason: null, status: 'incomplete' }),
    outcome: 'unknown',
  },
];
