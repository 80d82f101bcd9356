import { describe, expect, it } from 'vitest';
import { checkIdentity, readCheckRun } from './check-run.ts';

/** Summaries as the runners print them. */
const GREEN: readonly (readonly [command: string, output: string])[] = [
  ['npx vitest run', ' Test Files  3 passed (3)\n      Tests  12 passed | 1 skipped (13)'],
  ['npx jest', 'Tests:       1 skipped, 11 passed, 12 total\nTime:        2.1 s'],
  ['pytest', '============= 3 passed, 1 warning in 0.12s ============='],
  ['pytest -q', '...\n3 passed in 0.02s'],
  ['python -m unittest', 'Ran 3 tests in 0.001s\n\nOK'],
  ['node --test', '\u2139 tests 3\n\u2139 pass 3\n\u2139 fail 0'],
  ['npx mocha', '  3 passing (12ms)\n  1 pending'],
  ['go test ./...', 'ok  \texample.com/a\t0.01s\n?   \texample.com/b\t[no test files]'],
  ['cargo test', 'test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured'],
  ['mvn test', 'Tests run: 5, Failures: 0, Errors: 0, Skipped: 0'],
  ['./gradlew build', 'BUILD SUCCESSFUL in 3s'],
  ['bundle exec rspec', '10 examples, 0 failures'],
  ['vendor/bin/phpunit', 'OK (3 tests, 5 assertions)'],
  ['dotnet test', 'Passed!  - Failed:     0, Passed:    10, Skipped:     0'],
  ['mypy src', 'Success: no issues found in 12 source files'],
  ['ruff check', 'All checks passed!'],
  ['npx tsc --noEmit', ''],
  ['npx eslint src', ''],
];
const RED: readonly (readonly [command: string, output: string, failed: number | null])[] = [
  ['npx vitest run', ' Test Files  1 failed | 2 passed (3)\n      Tests  2 failed | 10 passed (12)', 2],
  ['npx jest', 'Tests:       1 failed, 11 passed, 12 total', 1],
  ['pytest', '===== 2 failed, 3 passed in 0.12s =====', 2],
  ['pytest', '===== 1 error in 0.30s =====', 1],
  ['python -m unittest', 'Ran 3 tests in 0.001s\n\nFAILED (failures=1, errors=1)', 1],
  ['node --test', '# pass 2\n# fail 1', 1],
  ['npx mocha', '  2 passing (12ms)\n  1 failing', 1],
  ['go test ./...', '--- FAIL: TestA (0.00s)\nFAIL\nFAIL\texample.com/a\t0.01s', null],
  ['cargo test', 'test result: FAILED. 2 passed; 1 failed; 0 ignored', 1],
  ['cargo build', 'error[E0425]: cannot find value\nerror: could not compile `a` (lib) due to 1 previous error', null],
  ['mvn test', 'Tests run: 5, Failures: 2, Errors: 0, Skipped: 0\n[INFO] BUILD FAILURE', 2],
  ['bundle exec rspec', '10 examples, 3 failures', 3],
  ['dotnet test', 'Failed!  - Failed:     2, Passed:     8', 2],
  ['npx tsc --noEmit', "a.ts(1,1): error TS2304: Cannot find name 'b'.", null],
  ['mypy src', 'Found 4 errors in 2 files (checked 12 source files)', 4],
  ['npx eslint src', '\u2716 3 problems (2 errors, 1 warning)', 2],
];

describe('a run of checks', () => {
  it.each(GREEN)('is green: %s says %j', (command, output) => {
    expect(readCheckRun(command, output, false)).toMatchObject({ isGreen: true, failed: 0 });
  });

  it.each(RED)('is red: %s says %j', (command, output, failed) => {
    expect(readCheckRun(command, output, true)).toMatchObject({ isGreen: false, failed });
  });

  it.each([
    ['ls', 'a.ts'],
    ['git log', 'a1b2c3 Let the tests pass'],
    ['cat notes.md', 'We had 3 passed exams in May'],
    ['npx tsc --noEmit | head', ''],
    ['npm install', 'added 3 packages in 2s'],
  ])('is none: %s says %j', (command, output) => {
    expect(readCheckRun(command, output, false)).toBeNull();
  });

  it('is the same run wherever it was started and however much of it was shown', () => {
    expect(checkIdentity('cd /app && npx vitest run src/a 2>&1 | tail -20')).toBe(
      checkIdentity('npx vitest run src/a'),
    );
    expect(checkIdentity('CI=1 pytest -q tests/a.py')).toBe(checkIdentity('pytest tests/a.py'));
    expect(checkIdentity('pytest tests/a.py')).not.toBe(checkIdentity('pytest tests/b.py'));
  });
});
