import { anthropicReply, content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const A = '{"file_path":"a.ts"}';
const B = '{"file_path":"b.ts"}';
const read = (text: string) => ({ name: 'Read', arguments: text });

/** A search that the gateway ran between two replies of the upstream. */
const SEARCHED = {
  role: 'assistant',
  content: [
    { type: 'server_tool_use', id: 'srvtoolu_trimtab_1', name: 'web_search', input: { query: 'q' } },
    { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_trimtab_1', content: [] },
    { type: 'text', text: 'Done.' },
  ],
  stop_reason: 'end_turn',
};

export const PARALLEL_COLLAPSED_CASES: readonly ScorerCase[] = [
  {
    name: 'the gateway ran the only call itself',
    content: {
      ...content({ raw: openAiStream([{ name: 'web_search', arguments: '{"query":"q"}' }]) }),
      response: SEARCHED,
    },
    outcome: 'not_applicable',
  },
  {
    name: 'two calls went in and one came out',
    content: content({ calls: [{}], raw: openAiReply([read(A), read(B)]) }),
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
    expectedVsActual: 'calls 2+ -> 1',
  },
  {
    name: 'three streamed calls became two',
    content: content({ calls: [{}, {}], raw: openAiStream([read(A), read(B), read(A)]) }),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'calls 2+ -> fewer',
  },
  {
    name: 'the only call was lost',
    content: content({ text: 'Done.', raw: openAiReply([read(A)]) }),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'calls 1 -> 0',
  },
  {
    name: 'an Anthropic reply lost a call',
    content: content({
      calls: [{}],
      raw: anthropicReply([
        { name: 'Read', input: {} },
        { name: 'Read', input: {} },
      ]),
    }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'the upstream merged two calls',
    content: content({ calls: [{ input: `${A}${B}` }], raw: openAiReply([read(`${A}${B}`)]) }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'fatal',
    expectedVsActual: 'arguments json -> concatenated objects',
  },
  {
    name: 'the upstream merged two calls in a stream',
    content: content({ calls: [{ input: `${A}\n${B}` }], raw: openAiStream([read(`${A}\n${B}`)]) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'the translation merged two calls',
    content: content({ calls: [{ input: `${A}${B}` }], raw: openAiReply([read(A), read(B)]) }),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'arguments json -> concatenated objects',
  },
  {
    name: 'merged calls without the raw reply',
    content: content({ calls: [{ input: `${A},${B}` }] }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'an array of arguments',
    content: content({ calls: [{ input: `[${A},${B}]` }] }),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> array of objects',
  },
  {
    name: 'merged calls that were taken apart again',
    content: content({ calls: [{}, {}], raw: openAiReply([read(`${A}${B}`)]) }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
  },
  { name: 'one call', content: content({ calls: [{}] }), outcome: 'pass' },
  { name: 'two calls', content: content({ calls: [{}, {}], raw: openAiReply([read(A), read(B)]) }), outcome: 'pass' },
  {
    name: 'two streamed calls',
    content: content({ calls: [{}, {}], raw: openAiStream([read(A), read(B)]) }),
    outcome: 'pass',
  },
  { name: 'one truncated call', content: content({ calls: [{ input: '{"file_path":"a' }] }), outcome: 'pass' },
  {
    name: 'an object that quotes two others',
    content: content({ calls: [{ input: { text: `${A}${B}` } }] }),
    outcome: 'pass',
  },
  { name: 'an array of plain values', content: content({ calls: [{ input: '["a","b"]' }] }), outcome: 'pass' },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  {
    name: 'no call upstream either',
    content: content({ text: 'Done.', raw: openAiReply([], 'stop') }),
    outcome: 'not_applicable',
  },
  {
    name: 'a client that went away after the first call',
    content: content({ calls: [{}], status: 'client_cancelled', raw: openAiStream([read(A), read(B)]) }),
    outcome: 'unknown',
  },
];
