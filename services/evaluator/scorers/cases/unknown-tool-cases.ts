import { encodeToolName } from '#shared/formats/tool-name.ts';
import { anthropicReply, content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const LONG_NAME = `mcp__server__${'very_long_tool_name_'.repeat(5)}`;
const LONG_TOOL = { name: LONG_NAME, input_schema: { type: 'object' } };

export const UNKNOWN_TOOL_CASES: readonly ScorerCase[] = [
  {
    name: 'a name nobody offered',
    content: content({ calls: [{ name: 'Teleport' }] }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'fatal',
    expectedVsActual: 'tool in catalogue -> unknown name',
  },
  {
    name: 'the second of two calls',
    content: content({ calls: [{}, { name: 'Write' }] }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'another case of a name, which is another defect',
    content: content({ calls: [{ name: 'read' }] }),
    outcome: 'pass',
  },
  {
    name: 'an unknown name beside one that is only written otherwise',
    content: content({ calls: [{ name: 'functions.Read' }, { name: 'Teleport' }] }),
    outcome: 'fail',
    expectedVsActual: 'tool in catalogue -> unknown name',
  },
  {
    name: 'any name under an empty catalogue',
    content: content({ calls: [{}], tools: [] }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'a name that the upstream had right',
    content: content({ calls: [{ name: 'Raed' }], raw: openAiReply([{ name: 'Read', arguments: '{}' }]) }),
    outcome: 'fail',
    owner: 'gateway',
  },
  {
    name: 'a name that the upstream had wrong as well',
    content: content({ calls: [{ name: 'Raed' }], raw: openAiStream([{ name: 'Raed', arguments: '{}' }]) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'an unknown name of the upstream that became a known one on the way',
    content: content({ calls: [{}], raw: openAiReply([{ name: 'open_file', arguments: '{}' }]) }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
  },
  { name: 'a known name', content: content({ calls: [{}] }), outcome: 'pass' },
  { name: 'two known names', content: content({ calls: [{}, { name: 'Edit' }] }), outcome: 'pass' },
  { name: 'a server tool', content: content({ calls: [{ name: 'web_search' }] }), outcome: 'pass' },
  {
    name: 'a shortened name that was undone',
    content: content({
      calls: [{ name: LONG_NAME }],
      tools: [LONG_TOOL],
      raw: openAiReply([{ name: encodeToolName(LONG_NAME), arguments: '{}' }]),
    }),
    outcome: 'pass',
  },
  {
    name: 'the same name upstream and delivered',
    content: content({ calls: [{}], raw: anthropicReply([{ name: 'Read', input: {} }]) }),
    outcome: 'pass',
  },
  { name: 'no call', content: content({ text: 'Done.' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  { name: 'a call under an unknown catalogue', content: content({ calls: [{}], tools: null }), outcome: 'unknown' },
  {
    name: 'a call of a request that was not captured',
    content: content({ calls: [{}], request: null }),
    outcome: 'unknown',
  },
];
