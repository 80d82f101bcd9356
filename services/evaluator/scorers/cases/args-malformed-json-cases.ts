import { anthropicStream, content, openAiReply, openAiStream, type ScorerCase } from './scorer-case.ts';

const GOOD = '{"file_path":"a.ts"}';
const malformed = (input: string) => content({ calls: [{ input }] });

export const ARGS_MALFORMED_JSON_CASES: readonly ScorerCase[] = [
  {
    name: 'a text cut in the middle',
    content: malformed('{"file_path":"a.'),
    outcome: 'fail',
    owner: 'provider',
    severity: 'fatal',
    expectedVsActual: 'arguments json -> truncated json',
  },
  {
    name: 'two objects after one another, which is another defect',
    content: malformed(`${GOOD}${GOOD}`),
    outcome: 'not_applicable',
  },
  {
    name: 'two objects after one another from the upstream',
    content: content({
      calls: [{ input: `${GOOD}\n${GOOD}` }],
      raw: openAiReply([{ name: 'Read', arguments: `${GOOD}\n${GOOD}` }]),
    }),
    outcome: 'not_applicable',
  },
  {
    name: 'merged calls beside a good one',
    content: content({ calls: [{ input: `${GOOD}${GOOD}` }, {}] }),
    outcome: 'pass',
  },
  {
    name: 'merged calls beside a malformed one',
    content: content({ calls: [{ input: `${GOOD}${GOOD}` }, { input: '{"file_path":"a.' }] }),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> truncated json',
  },
  {
    name: 'a code fence',
    content: malformed(`\`\`\`json\n${GOOD}\n\`\`\``),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> fenced json',
  },
  {
    name: 'single quotes',
    content: malformed("{'file_path': 'a.ts'}"),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> single quotes',
  },
  {
    name: 'words after the object',
    content: malformed(`${GOOD} and then I will`),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> trailing text',
  },
  {
    name: 'control tokens of the model',
    content: malformed(`${GOOD}<|call_end|>`),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> control tokens',
  },
  {
    name: 'an unquoted key',
    content: malformed('{file_path: "a.ts"}'),
    outcome: 'fail',
    expectedVsActual: 'arguments json -> invalid json',
  },
  {
    name: 'a fault of the upstream, as its stream shows',
    content: content({ calls: [{ input: '{"a":' }], raw: openAiStream([{ name: 'Read', arguments: '{"a":' }]) }),
    outcome: 'fail',
    owner: 'provider',
  },
  {
    name: 'a fault of the translation, as the whole reply shows',
    content: content({
      calls: [{ input: '{"file_path":"a.t' }],
      raw: openAiReply([{ name: 'Read', arguments: GOOD }]),
    }),
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
  },
  {
    name: 'a fault that was mended on the way',
    content: content({ calls: [{}], raw: openAiReply([{ name: 'Read', arguments: `\`\`\`json\n${GOOD}\n\`\`\`` }]) }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
  },
  {
    name: 'a malformed Anthropic stream',
    content: content({ calls: [{ input: '{"a"' }], raw: anthropicStream('Read', ['{"a', '"']) }),
    outcome: 'fail',
    owner: 'provider',
  },
  { name: 'an object', content: content({ calls: [{}] }), outcome: 'pass' },
  { name: 'an empty object', content: content({ calls: [{ name: 'ListFiles', input: {} }] }), outcome: 'pass' },
  {
    name: 'no arguments from the upstream',
    content: content({
      calls: [{ name: 'ListFiles', input: {} }],
      raw: openAiReply([{ name: 'ListFiles', arguments: '' }]),
    }),
    outcome: 'pass',
  },
  {
    name: 'good arguments on both sides',
    content: content({ calls: [{}], raw: openAiStream([{ name: 'Read', arguments: GOOD }]) }),
    outcome: 'pass',
  },
  {
    name: 'a good Anthropic stream',
    content: content({ calls: [{}], raw: anthropicStream('Read', ['{"file_pa', 'th":"a.ts"}']) }),
    outcome: 'pass',
  },
  {
    name: 'braces and quotes inside a string',
    content: content({ calls: [{ input: { file_path: '}{"\\' } }] }),
    outcome: 'pass',
  },
  { name: 'no call', content: content({ text: '{"not": a call' }), outcome: 'not_applicable' },
  { name: 'no reply', content: content({ response: null, status: 'upstream_error' }), outcome: 'not_applicable' },
  {
    name: 'a client that went away in the middle',
    content: content({ calls: [{ input: '{"file_pa' }], status: 'client_cancelled' }),
    outcome: 'unknown',
  },
];
