import { content, EDIT_TOOL, LIST_TOOL, openAiReply, type ScorerCase } from './scorer-case.ts';

export const MISSING_REQUIRED_CASES: readonly ScorerCase[] = [
  {
    name: 'the only property',
    content: content({ calls: [{ input: {} }] }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: 'required property -> absent',
  },
  {
    name: 'one of two properties',
    content: content({ calls: [{ name: 'Edit', input: { file_path: 'a' } }] }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'a property under another name',
    content: content({ calls: [{ input: { path: 'a.ts' } }] }),
    outcome: 'fail',
  },
  { name: 'the second call', content: content({ calls: [{}, { name: 'Edit', input: {} }] }), outcome: 'fail' },
  {
    name: 'a property of a list item',
    content: content({
      calls: [{ name: 'Edit', input: { file_path: 'a', edits: [{ from: 'x', to: 'y' }, { from: 'x' }] } }],
    }),
    outcome: 'fail',
    expectedVsActual: 'required nested property -> absent',
  },
  {
    name: 'a property that the upstream sent',
    content: content({ calls: [{ input: {} }], raw: openAiReply([{ name: 'Read', arguments: '{"file_path":"a"}' }]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a property that the upstream lacked too',
    content: content({ calls: [{ input: {} }], raw: openAiReply([{ name: 'Read', arguments: '{}' }]) }),
    outcome: 'fail',
    owner: 'provider',
  },
  { name: 'every property is there', content: content({ calls: [{}] }), outcome: 'pass' },
  { name: 'a property is null', content: content({ calls: [{ input: { file_path: null } }] }), outcome: 'pass' },
  {
    name: 'nothing is required',
    content: content({ calls: [{ name: 'ListFiles', input: {} }], tools: [LIST_TOOL] }),
    outcome: 'pass',
  },
  {
    name: 'a server tool without a schema',
    content: content({ calls: [{ name: 'web_search', input: {} }] }),
    outcome: 'pass',
  },
  {
    name: 'every nested property is there',
    content: content({
      calls: [{ name: 'Edit', input: { file_path: 'a', edits: [{ from: 'x', to: 'y' }] } }],
      tools: [EDIT_TOOL],
    }),
    outcome: 'pass',
  },
  {
    name: 'an optional property is absent',
    content: content({
      calls: [{ name: 'Opt', input: { a: 1 } }],
      tools: [{ name: 'Opt', input_schema: { type: 'object', properties: { a: {}, b: {} }, required: ['a'] } }],
    }),
    outcome: 'pass',
  },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  { name: 'arguments that are no object', content: content({ calls: [{ input: '["a.ts"]' }] }), outcome: 'unknown' },
  { name: 'an unknown catalogue', content: content({ calls: [{ input: {} }], tools: null }), outcome: 'unknown' },
];
