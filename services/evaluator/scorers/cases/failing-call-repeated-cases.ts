import { content, exchange, type ScorerCase } from './scorer-case.ts';

const call = { input: { file_path: 'a.ts' } };
const failed = () => exchange(call, 'ENOENT: no such file', true);

export const FAILING_CALL_REPEATED_CASES: readonly ScorerCase[] = [
  {
    name: 'the second time',
    content: content({ calls: [call], history: failed() }),
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    expectedVsActual: 'changed call after error -> same call 2 times',
  },
  {
    name: 'the third time',
    content: content({ calls: [call], history: [...failed(), ...failed()] }),
    outcome: 'fail',
    severity: 'error',
    expectedVsActual: 'changed call after error -> same call 3 times',
  },
  {
    name: 'the fourth time',
    content: content({ calls: [call], history: [...failed(), ...failed(), ...failed()] }),
    outcome: 'fail',
    severity: 'fatal',
    expectedVsActual: 'changed call after error -> same call 4+ times',
  },
  {
    name: 'the fifth time',
    content: content({ calls: [call], history: [...failed(), ...failed(), ...failed(), ...failed()] }),
    outcome: 'fail',
    severity: 'fatal',
    expectedVsActual: 'changed call after error -> same call 4+ times',
  },
  {
    name: 'the same arguments in another order',
    content: content({
      calls: [{ input: { b: 2, a: 1 } }],
      history: exchange({ input: { a: 1, b: 2 } }, 'Error: no', false),
    }),
    outcome: 'fail',
    severity: 'warning',
  },
  {
    name: 'an error without a flag',
    content: content({ calls: [call], history: exchange(call, 'Error: file not found') }),
    outcome: 'fail',
    severity: 'warning',
  },
  {
    name: 'the second of two calls',
    content: content({ calls: [{ input: { file_path: 'b' } }, call], history: failed() }),
    outcome: 'fail',
    severity: 'warning',
  },
  {
    name: 'other calls between the two',
    content: content({ calls: [call], history: [...failed(), ...exchange({ name: 'ListFiles', input: {} }, 'a.ts')] }),
    outcome: 'fail',
    severity: 'warning',
  },
  { name: 'the first time', content: content({ calls: [call] }), outcome: 'pass' },
  {
    name: 'other arguments',
    content: content({ calls: [{ input: { file_path: 'b.ts' } }], history: failed() }),
    outcome: 'pass',
  },
  {
    name: 'another tool',
    content: content({ calls: [{ name: 'Edit', input: { file_path: 'a.ts' } }], history: failed() }),
    outcome: 'pass',
  },
  {
    name: 'a repetition of what worked',
    content: content({ calls: [call], history: exchange(call, 'file content') }),
    outcome: 'pass',
  },
  {
    name: 'a success after the error',
    content: content({ calls: [call], history: [...failed(), ...exchange(call, 'file content')] }),
    outcome: 'pass',
  },
  {
    name: 'a call whose result is not known',
    content: content({ calls: [call], history: [{ role: 'assistant', content: [] }] }),
    outcome: 'pass',
  },
  { name: 'no call', content: content({ text: 'Done.', history: failed() }), outcome: 'not_applicable' },
  {
    name: 'no reply',
    content: content({ response: null, status: 'upstream_error', history: failed() }),
    outcome: 'not_applicable',
  },
  {
    name: 'a conversation that was not captured',
    content: content({ calls: [call], request: null }),
    outcome: 'unknown',
  },
];
