import { type ContentInput, content, exchange, openAiReply, type ScorerCase } from './scorer-case.ts';

const READ = { name: 'Read', arguments: '{"file_path":"a.ts"}' };
const sequential = (input: ContentInput, type = 'auto') =>
  content({ ...input, parameters: { tool_choice: { type, disable_parallel_tool_use: true } } });
const told = (body: Readonly<Record<string, unknown>>, isExact = true) => ({
  upstreamRequest: { format: 'openai-chat', body: { tools: [{}], ...body }, isExact, prefix: null },
});
const two = { calls: [{}, { input: { file_path: 'b.ts' } }] };

const PARALLEL: readonly ScorerCase[] = [
  {
    name: 'two calls',
    content: sequential(two),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'calls at most 1 -> 2',
  },
  {
    name: 'three calls',
    content: sequential({ calls: [{}, {}, {}] }),
    outcome: 'fail',
    expectedVsActual: 'calls at most 1 -> 3+',
  },
  {
    name: 'two calls that the upstream made',
    content: sequential({ ...two, raw: openAiReply([READ, READ]) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'one call that became two on the way',
    content: sequential({ ...two, raw: openAiReply([READ]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'an upstream that was not told',
    content: sequential({ ...two, ...told({}) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'an upstream that was told',
    content: sequential({ ...two, ...told({ parallel_tool_calls: false }) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'an upstream of which it is not known',
    content: sequential({ ...two, ...told({}, false) }),
    outcome: 'fail',
    owner: 'provider',
  },
  { name: 'one call', content: sequential({ calls: [{}] }), outcome: 'pass' },
  { name: 'one forced call', content: sequential({ calls: [{}] }, 'any'), outcome: 'pass' },
  { name: 'one call with words', content: sequential({ text: 'I look.', calls: [{}] }), outcome: 'pass' },
  {
    name: 'one call of another tool',
    content: sequential({ calls: [{ name: 'ListFiles', input: {} }] }),
    outcome: 'pass',
  },
  { name: 'one call on both sides', content: sequential({ calls: [{}], raw: openAiReply([READ]) }), outcome: 'pass' },
  { name: 'two calls that are allowed', content: content(two), outcome: 'not_applicable' },
  {
    name: 'two calls that are allowed in so many words',
    content: content({ ...two, parameters: { tool_choice: { type: 'auto', disable_parallel_tool_use: false } } }),
    outcome: 'not_applicable',
  },
  { name: 'an answer in words', content: sequential({ text: 'Done.' }), outcome: 'not_applicable' },
];

const chosen = (type: string, input: ContentInput, name?: string) =>
  content({ ...input, parameters: { tool_choice: { type, ...(name === undefined ? {} : { name }) } } });

const CHOICES: readonly ScorerCase[] = [
  {
    name: 'words where any tool was forced',
    content: chosen('any', { text: 'Here you are.' }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'calls any tool -> no call',
  },
  {
    name: 'words where one tool was forced',
    content: chosen('tool', { text: 'Hm.' }, 'Read'),
    outcome: 'fail',
    expectedVsActual: 'calls the named tool -> no call',
  },
  {
    name: 'another tool than the forced one',
    content: chosen('tool', { calls: [{ name: 'Edit' }] }, 'Read'),
    outcome: 'fail',
    expectedVsActual: 'calls the named tool -> another tool',
  },
  {
    name: 'a call where none was allowed',
    content: chosen('none', { calls: [{}] }),
    outcome: 'fail',
    expectedVsActual: 'calls none -> a call',
  },
  {
    name: 'a forced call that was lost on the way',
    content: chosen('any', { text: ' ', raw: openAiReply([READ]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a choice that was not handed on',
    content: chosen('any', { text: 'Hm.', ...told({ tool_choice: 'auto' }) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a choice that was handed on',
    content: chosen('any', { text: 'Hm.', ...told({ tool_choice: 'required' }) }),
    outcome: 'fail',
    owner: 'provider',
  },
  { name: 'any tool', content: chosen('any', { calls: [{}] }), outcome: 'pass' },
  { name: 'the forced tool', content: chosen('tool', { calls: [{}] }, 'Read'), outcome: 'pass' },
  { name: 'the forced tool twice', content: chosen('tool', { calls: [{}, {}] }, 'Read'), outcome: 'pass' },
  { name: 'words where no tool was allowed', content: chosen('none', { text: 'Done.' }), outcome: 'pass' },
  {
    name: 'a forced tool with words before',
    content: chosen('any', { text: 'I look.', calls: [{}] }),
    outcome: 'pass',
  },
  { name: 'a free choice', content: chosen('auto', { text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no choice in the request', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  {
    name: 'a forced call before which the tokens ran out',
    content: chosen('any', { text: 'I', stopReason: 'max_tokens' }),
    outcome: 'not_applicable',
  },
  {
    name: 'a client that went away',
    content: chosen('any', { text: 'I', stopReason: null, status: 'client_cancelled' }),
    outcome: 'unknown',
  },
];

const earlier = (id: string) => [...exchange({ id }, 'text')];
const withId = (id: unknown, history: readonly unknown[] = []) =>
  content({
    blocks: [{ type: 'tool_use', id, name: 'Read', input: { file_path: 'a.ts' } }],
    stopReason: 'tool_use',
    history,
  });

const IDS: readonly ScorerCase[] = [
  {
    name: 'an empty id',
    content: withId(''),
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
    expectedVsActual: 'an id of its own -> no id',
  },
  { name: 'no id', content: withId(undefined), outcome: 'fail', owner: 'gateway' },
  {
    name: 'an id with other characters',
    content: withId('functions.Read:0'),
    outcome: 'fail',
    expectedVsActual: 'an id of its own -> an id with other characters',
  },
  {
    name: 'two calls with one id',
    content: content({ calls: [{ id: 'call_1' }, { id: 'call_1' }] }),
    outcome: 'fail',
    expectedVsActual: 'an id of its own -> an id twice in one message',
  },
  {
    name: 'the id of an earlier call',
    content: withId('call_0', earlier('call_0')),
    outcome: 'fail',
    expectedVsActual: 'an id of its own -> an id of an earlier call',
  },
  {
    name: 'the id of a call long ago',
    content: withId('call_0', [...earlier('call_0'), ...earlier('call_1')]),
    outcome: 'fail',
  },
  { name: 'an id of Anthropic', content: withId('toolu_01A09q90qw90lq917835lq9'), outcome: 'pass' },
  { name: 'an id of OpenAI', content: withId('call_abc-DEF_123', earlier('call_abc')), outcome: 'pass' },
  { name: 'two calls with two ids', content: content({ calls: [{}, {}] }), outcome: 'pass' },
  { name: 'a short id', content: withId('0'), outcome: 'pass' },
  {
    name: 'an id with other characters for a client that takes any',
    content: content({ calls: [{ id: 'functions.Read:0' }], call: { clientFormat: 'openai-chat' } }),
    outcome: 'pass',
  },
  { name: 'a request that was not captured', content: content({ calls: [{}], request: null }), outcome: 'pass' },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
];

export const CHOICE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  parallel_disallowed: PARALLEL,
  tool_choice_violated: CHOICES,
  id_missing_or_duplicate: IDS,
};
