import { content, results, type ScorerCase } from './scorer-case.ts';

const next = (...entries: Parameters<typeof results>[0]) => ({
  messages: [{ role: 'user', content: 'Go' }, results(entries)],
});
const called = content({ calls: [{}] });
const INVALID = 'tool result ok -> invalid parameter';
const ENVIRONMENT = 'tool result ok -> environment error';

export const TOOL_RESULT_ERROR_CASES: readonly ScorerCase[] = [
  {
    name: 'a schema error of the client',
    content: called,
    next: next({
      result:
        '<tool_use_error>InputValidationError: Read failed due to the following issue:\nThe required parameter `file_path` is missing</tool_use_error>',
      flaggedError: true,
    }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    expectedVsActual: INVALID,
  },
  {
    name: 'a tool that does not exist',
    content: called,
    next: next({ result: 'No such tool available: Raed', flaggedError: true }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'an unexpected argument without a flag',
    content: called,
    next: next({ result: "TypeError: read() got an unexpected keyword argument 'path'" }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'an edit whose target is not there',
    content: called,
    next: next({ result: 'String to replace not found in file.', flaggedError: true }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'amounts that do not add up',
    content: called,
    next: next({ result: 'Error: payment amount does not add up, total price is 375, but paid 299' }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'an error object in JSON',
    content: called,
    next: next({ result: '{"error": "invalid value for parameter limit"}' }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'a service that is down',
    content: called,
    next: next({ result: 'connect ECONNREFUSED 127.0.0.1:5432', flaggedError: true }),
    outcome: 'fail',
    owner: 'tool',
    severity: 'warning',
    expectedVsActual: ENVIRONMENT,
  },
  {
    name: 'a record that does not exist',
    content: called,
    next: next({ result: 'Error: user not found' }),
    outcome: 'fail',
    owner: 'tool',
    expectedVsActual: ENVIRONMENT,
  },
  {
    name: 'a command that failed',
    content: called,
    next: next({ result: 'Exit code 1\n3 tests failed', flaggedError: true }),
    outcome: 'fail',
    owner: 'tool',
    expectedVsActual: ENVIRONMENT,
  },
  {
    name: 'one bad call of two',
    content: content({ calls: [{}, {}] }),
    next: next({ result: 'fine' }, { result: 'Error: missing required argument "limit"' }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  {
    name: 'a fault of the model beside one of the environment',
    content: content({ calls: [{}, {}] }),
    next: next({ result: 'Error: timed out' }, { result: 'Error: missing required argument "limit"' }),
    outcome: 'fail',
    owner: 'provider',
    expectedVsActual: INVALID,
  },
  { name: 'a plain result', content: called, next: next({ result: 'export const a = 1;' }), outcome: 'pass' },
  {
    name: 'two plain results',
    content: content({ calls: [{}, {}] }),
    next: next({ result: 'a' }, { result: 'b' }),
    outcome: 'pass',
  },
  {
    name: 'a result that only speaks of errors',
    content: called,
    next: next({ result: 'function handleError(error) { throw new TypeError("missing required argument") }' }),
    outcome: 'pass',
  },
  {
    name: 'an object whose error is null',
    content: called,
    next: next({ result: '{"error": null, "items": []}' }),
    outcome: 'pass',
  },
  { name: 'an empty result', content: called, next: next({ result: '' }), outcome: 'pass' },
  { name: 'no call', content: content({ text: 'Done.' }), next: next(), outcome: 'not_applicable' },
  {
    name: 'no reply',
    content: content({ response: null, status: 'upstream_error' }),
    next: next(),
    outcome: 'not_applicable',
  },
  { name: 'no next request', content: called, outcome: 'unknown' },
  {
    name: 'a next request without the result',
    content: called,
    next: next({ id: 'toolu_other', result: 'fine' }),
    outcome: 'unknown',
  },
  {
    name: 'a person who declined',
    content: called,
    next: next({ result: "The user doesn't want to proceed with this tool use.", flaggedError: true }),
    outcome: 'unknown',
  },
];
