import { encodeToolName } from '#shared/formats/tool-name.ts';
import { anthropicReply, content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const LONG_NAME = `mcp__server__${'very_long_tool_name_'.repeat(5)}`;
const LONG_TOOL = { name: LONG_NAME, input_schema: { type: 'object' } };
/** Names as the Berkeley Function-Calling Leaderboard has them (Apache-2.0). */
const DOTTED_TOOL = { name: 'triangle_properties.get', input_schema: { type: 'object' } };
const MCP_TOOL = { name: 'mcp__github__create_issue', input_schema: { type: 'object' } };
const READ = '{"file_path":"a.ts"}';
const named = (name: string, tools?: readonly unknown[], raw?: string) =>
  content({ calls: [{ name, input: {} }], ...(tools === undefined ? {} : { tools }), raw: raw ?? null });
const sent = (name: string) => openAiReply([{ name, arguments: '{}' }]);

const NAMES: readonly ScorerCase[] = [
  {
    name: 'another case',
    content: named('read'),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'tool in catalogue -> respelt name',
  },
  { name: 'a prefix before the name', content: named('functions.Read'), outcome: 'fail', owner: 'provider' },
  { name: 'underscores for dots', content: named('triangle_properties_get', [DOTTED_TOOL]), outcome: 'fail' },
  { name: 'the name without its server', content: named('create_issue', [MCP_TOOL]), outcome: 'fail' },
  {
    name: 'a shortened name delivered without undoing it',
    content: named(encodeToolName(LONG_NAME), [LONG_TOOL], sent(encodeToolName(LONG_NAME))),
    outcome: 'fail',
    owner: 'gateway',
    expectedVsActual: 'tool in catalogue -> shortened name',
  },
  {
    name: 'a name cut at 64 characters',
    content: named(LONG_NAME.slice(0, 64), [LONG_TOOL]),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a name that was changed on the way',
    content: named('read', undefined, sent('Read')),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a name that the upstream wrote so',
    content: named('read', undefined, sent('read')),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'a name that was put right on the way',
    content: named('Read', undefined, sent('functions.Read')),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
  },
  { name: 'the name to the letter', content: named('Read'), outcome: 'pass' },
  { name: 'a name that resembles none', content: named('Teleport'), outcome: 'pass' },
  { name: 'a dotted name', content: named('triangle_properties.get', [DOTTED_TOOL]), outcome: 'pass' },
  {
    name: 'a shortened name that was undone',
    content: named(LONG_NAME, [LONG_TOOL], sent(encodeToolName(LONG_NAME))),
    outcome: 'pass',
  },
  { name: 'a server tool', content: named('web_search'), outcome: 'pass' },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  { name: 'an unknown catalogue', content: content({ calls: [{ name: 'read' }], tools: null }), outcome: 'unknown' },
];

const shaped = (input: string, raw?: string) =>
  content({ calls: [{ input }], raw: raw === undefined ? null : openAiReply([{ name: 'Read', arguments: raw }]) });
const blocks = (input: unknown) =>
  content({ blocks: [{ type: 'tool_use', id: 'toolu_0', name: 'Read', input }], stopReason: 'tool_use' });

const SHAPES: readonly ScorerCase[] = [
  {
    name: 'a list of texts',
    content: shaped('["a.ts"]'),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'arguments object -> array',
  },
  {
    name: 'an object written into a string',
    content: shaped(JSON.stringify(READ)),
    outcome: 'fail',
    expectedVsActual: 'arguments object -> object in a string',
  },
  { name: 'null', content: shaped('null'), outcome: 'fail', expectedVsActual: 'arguments object -> null' },
  { name: 'a plain text', content: shaped('"a.ts"'), outcome: 'fail', expectedVsActual: 'arguments object -> string' },
  { name: 'a number', content: shaped('7'), outcome: 'fail', expectedVsActual: 'arguments object -> number' },
  { name: 'a list in the block itself', content: blocks(['a.ts']), outcome: 'fail' },
  {
    name: 'an object that became a string on the way',
    content: shaped(JSON.stringify(READ), READ),
    outcome: 'fail',
    owner: 'gateway',
  },
  { name: 'a list from the upstream', content: shaped('["a.ts"]', '["a.ts"]'), outcome: 'fail', owner: 'provider' },
  {
    name: 'a string that was unpacked on the way',
    content: content({ calls: [{}], raw: openAiReply([{ name: 'Read', arguments: JSON.stringify(READ) }]) }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
  },
  { name: 'an object', content: content({ calls: [{}] }), outcome: 'pass' },
  {
    name: 'an object on both sides',
    content: content({ calls: [{}], raw: openAiStream([{ name: 'Read', arguments: READ }]) }),
    outcome: 'pass',
  },
  { name: 'an empty object', content: content({ calls: [{ name: 'ListFiles', input: {} }] }), outcome: 'pass' },
  { name: 'a text that is no JSON, which is another defect', content: shaped('{"file_path":'), outcome: 'pass' },
  { name: 'several calls in one, which is another defect', content: shaped(`[${READ},${READ}]`), outcome: 'pass' },
  {
    name: 'no arguments from the upstream',
    content: content({ calls: [{ name: 'ListFiles', input: {} }], raw: sent('ListFiles').replace('{}', '') }),
    outcome: 'pass',
  },
  { name: 'no call', content: content({ text: '["a.ts"]' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
];

const twice = (more: readonly object[] = [], raw: string | null = null) => content({ calls: [{}, {}, ...more], raw });
const A = { name: 'Read', arguments: READ };

const DUPLICATES: readonly ScorerCase[] = [
  {
    name: 'the same call twice',
    content: twice(),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    expectedVsActual: 'different calls -> same call 2 times',
  },
  {
    name: 'the same call three times',
    content: twice([{}]),
    outcome: 'fail',
    expectedVsActual: 'different calls -> same call 3+ times',
  },
  { name: 'two like calls and another one', content: twice([{ name: 'ListFiles', input: {} }]), outcome: 'fail' },
  {
    name: 'the same arguments in another order',
    content: content({
      calls: [
        { name: 'Edit', input: { file_path: 'a', edits: [] } },
        { name: 'Edit', input: { edits: [], file_path: 'a' } },
      ],
    }),
    outcome: 'fail',
  },
  {
    name: 'a call that was doubled on the way',
    content: twice([], openAiReply([A])),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'the same call twice from the upstream',
    content: twice([], openAiStream([A, A])),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'the same unreadable arguments',
    content: content({ calls: [{ input: '{"a' }, { input: '{"a' }] }),
    outcome: 'fail',
  },
  { name: 'two files', content: content({ calls: [{}, { input: { file_path: 'b.ts' } }] }), outcome: 'pass' },
  { name: 'two tools with the same arguments', content: content({ calls: [{}, { name: 'Open' }] }), outcome: 'pass' },
  {
    name: 'a number and the same in quotes',
    content: content({ calls: [{ input: { a: 1 } }, { input: { a: '1' } }] }),
    outcome: 'pass',
  },
  {
    name: 'three calls that differ',
    content: content({ calls: [{}, { input: { file_path: 'b.ts' } }, { input: { file_path: 'c.ts' } }] }),
    outcome: 'pass',
  },
  {
    name: 'two calls of an Anthropic reply',
    content: content({
      calls: [{}, { name: 'ListFiles', input: {} }],
      raw: anthropicReply([
        { name: 'Read', input: {} },
        { name: 'ListFiles', input: {} },
      ]),
    }),
    outcome: 'pass',
  },
  { name: 'one call', content: content({ calls: [{}] }), outcome: 'not_applicable' },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
];

export const NAME_AND_SHAPE_CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  tool_name_mangled: NAMES,
  args_not_object: SHAPES,
  duplicate_parallel: DUPLICATES,
};
