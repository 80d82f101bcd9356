import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, outcomeCase, reads, runs, wasEdited, wasRun } from './agent-session.ts';

const GREEN = ' Test Files  1 passed (1)\n      Tests  4 passed (4)\n';
const RED = ' Test Files  1 failed (1)\n      Tests  2 failed | 2 passed (4)\n';
const test = runs('npx vitest run');
const before = (output: string) => wasRun('npx vitest run 2>&1 | tail -20', output);
const changed = () => wasEdited('/app/src/sum.ts', 'a', 'b');
const turned = { severity: 'warning', owner: 'provider' } as const;

export const TEST_SIGNAL_CASES: readonly ScorerCase[] = [
  outcomeCase(
    'vitest',
    'fail',
    { calls: [test], history: [...before(GREEN), ...changed()] },
    [{ result: RED, flaggedError: true }],
    {
      ...turned,
      expectedVsActual: 'tests green -> red',
    },
  ),
  outcomeCase(
    'pytest',
    'fail',
    {
      calls: [runs('cd /app && pytest -q tests/test_a.py')],
      history: [...wasRun('pytest tests/test_a.py', '===== 3 passed in 0.12s ====='), ...changed()],
    },
    [{ result: 'FAILED tests/test_a.py::test_b - assert 1 == 2\n===== 1 failed, 2 passed in 0.15s =====' }],
    turned,
  ),
  outcomeCase(
    'go test',
    'fail',
    {
      calls: [runs('go test ./...')],
      history: [...wasRun('go test ./...', 'ok  \texample.com/shop\t0.01s'), ...changed()],
    },
    [{ result: '--- FAIL: TestSum (0.00s)\nFAIL\nFAIL\texample.com/shop\t0.01s' }],
    turned,
  ),
  outcomeCase(
    'cargo test',
    'fail',
    {
      calls: [runs('cargo test')],
      history: [...wasRun('cargo test', 'test result: ok. 3 passed; 0 failed; 0 ignored'), ...changed()],
    },
    [{ result: 'test result: FAILED. 2 passed; 1 failed; 0 ignored' }],
    turned,
  ),
  outcomeCase(
    'a type checker that was silent',
    'fail',
    { calls: [runs('npx tsc --noEmit')], history: [...wasRun('npx tsc --noEmit', ''), ...changed()] },
    [{ result: "src/a.ts(3,1): error TS2304: Cannot find name 'b'.", flaggedError: true }],
    { ...turned, expectedVsActual: 'types green -> red' },
  ),
  outcomeCase(
    'mocha, with colours',
    'fail',
    {
      calls: [runs('npx mocha')],
      history: [...wasRun('npx mocha', '  3 passing (12ms)'), ...changed()],
    },
    [
      {
        result: '\u001b[32m  2 passing (12ms)\u001b[0m\n\u001b[31m  1 failing\u001b[0m\n'
          .replaceAll('\u001b[32m  ', '  \u001b[32m')
          .replaceAll('\u001b[31m  ', '  \u001b[31m'),
      },
    ],
    turned,
  ),
  outcomeCase(
    'from red to green',
    'pass',
    { calls: [test], history: [...before(RED), ...changed()] },
    [{ result: GREEN }],
    {
      expectedVsActual: 'tests red -> green',
    },
  ),
  outcomeCase(
    'still green',
    'pass',
    { calls: [test], history: [...before(GREEN), ...changed()] },
    [{ result: GREEN }],
    {
      expectedVsActual: 'tests green -> green',
    },
  ),
  outcomeCase('green at first', 'pass', { calls: [test] }, [{ result: GREEN }], {
    expectedVsActual: 'tests none -> green',
  }),
  outcomeCase('unittest', 'pass', { calls: [runs('python -m unittest')] }, [
    { result: '...\n----\nRan 3 tests in 0.001s\n\nOK\n' },
  ]),
  outcomeCase("Node's own runner", 'pass', { calls: [runs('node --test')] }, [
    { result: '# tests 3\n# pass 3\n# fail 0\n' },
  ]),
  outcomeCase('a silent type checker', 'pass', { calls: [runs('npx tsc --noEmit')] }, [{ result: '' }], {
    expectedVsActual: 'types none -> green',
  }),
  outcomeCase('a build of Maven', 'pass', { calls: [runs('mvn -q test')] }, [
    { result: 'Tests run: 5, Failures: 0, Errors: 0, Skipped: 0\n[INFO] BUILD SUCCESS' },
  ]),
  outcomeCase('red at first, which may only show the fault', 'unknown', { calls: [test] }, [{ result: RED }], {
    expectedVsActual: 'tests none -> red',
  }),
  outcomeCase(
    'less red',
    'unknown',
    { calls: [test], history: [...before(RED), ...changed()] },
    [{ result: RED.replace('2 failed |', '1 failed |') }],
    {
      expectedVsActual: 'tests red -> less red',
    },
  ),
  outcomeCase(
    'as red as before',
    'unknown',
    { calls: [test], history: [...before(RED), ...changed()] },
    [{ result: RED }],
    {
      expectedVsActual: 'tests red -> red',
    },
  ),
  outcomeCase(
    'a new test that fails at first',
    'unknown',
    {
      calls: [test],
      history: [...before(GREEN), ...wasEdited('/app/tests/sum.test.ts', 'a', 'b')],
    },
    [{ result: RED }],
    { expectedVsActual: 'tests green -> red' },
  ),
  outcomeCase(
    'other tests than before',
    'unknown',
    { calls: [runs('npx vitest run src/b')], history: before(GREEN) },
    [{ result: RED }],
    {
      expectedVsActual: 'tests none -> red',
    },
  ),
  outcomeCase('a command that checks nothing', 'not_applicable', { calls: [runs('ls')] }, [{ result: 'a.ts\nb.ts' }]),
  outcomeCase('a reading', 'not_applicable', { calls: [reads('/app/a.ts')] }, [{ result: RED }]),
  agentCase('no request followed', 'not_applicable', { calls: [test] }),
  agentCase('an answer in words', 'not_applicable', { text: GREEN }),
];
