import { splitCommands } from '../files/shell-command.ts';

/** What kind of check a command ran. */
export type CheckKind = 'tests' | 'types' | 'lint' | 'build';

/** One run of tests, a type checker, a linter or a compiler, as its output tells it. */
export interface CheckRun {
  readonly kind: CheckKind;
  readonly isGreen: boolean;
  /** How many tests or findings failed, where the output says so. */
  readonly failed: number | null;
  /** Equal for runs of the same thing: only those can be compared. */
  readonly identity: string;
}

interface Verdict {
  readonly kind: CheckKind;
  /** Group `failed` of a match counts the failures, where there is one; a count of zero is green. */
  readonly pattern: RegExp;
  readonly isGreen: boolean;
}

/** What runners print, the failures of each before its success: a summary may hold both. */
const VERDICTS: readonly Verdict[] = [
  // pytest, and unittest
  {
    kind: 'tests',
    isGreen: false,
    pattern: /^(?:=+ )?(?=.*\bin \d[\d.:]*s)(?:.*?(?<failed>\d+) (?:failed|errors?)\b).*$/m,
  },
  { kind: 'tests', isGreen: false, pattern: /^FAILED \((?:failures|errors)=(?<failed>\d+)/m },
  {
    kind: 'tests',
    isGreen: false,
    pattern: /^ERROR: (?:not found|file or directory not found)|^=+ (?:ERRORS|no tests ran)/m,
  },
  { kind: 'tests', isGreen: true, pattern: /^(?:=+ )?\d+ passed.*\bin \d[\d.:]*s/m },
  { kind: 'tests', isGreen: true, pattern: /^Ran [1-9]\d* tests? in [\d.]+s\s+OK\b/m },
  // jest and vitest
  { kind: 'tests', isGreen: false, pattern: /^\s*Tests:?\s+(?<failed>\d+) failed/m },
  { kind: 'tests', isGreen: false, pattern: /^\s*Test (?:Files|Suites):?\s+(?<failed>\d+) failed/m },
  { kind: 'tests', isGreen: true, pattern: /^\s*Tests:?\s+(?:\d+ (?:skipped|todo)[,|\s]+)*\d+ passed/m },
  // Node's own runner, and mocha
  { kind: 'tests', isGreen: false, pattern: /^(?:# |\u2139 )fail (?<failed>[1-9]\d*)$/m },
  { kind: 'tests', isGreen: true, pattern: /^(?:# |\u2139 )pass [1-9]\d*$/m },
  { kind: 'tests', isGreen: false, pattern: /^\s+(?<failed>\d+) failing$/m },
  { kind: 'tests', isGreen: true, pattern: /^\s+\d+ passing \(/m },
  // Go
  { kind: 'tests', isGreen: false, pattern: /^(?:--- FAIL: |FAIL\t|FAIL$)/m },
  { kind: 'tests', isGreen: true, pattern: /^ok {2}\t\S+/m },
  // Cargo
  { kind: 'tests', isGreen: false, pattern: /^test result: FAILED\. \d+ passed; (?<failed>\d+) failed/m },
  { kind: 'build', isGreen: false, pattern: /^error: could not compile/m },
  { kind: 'tests', isGreen: true, pattern: /^test result: ok\. [1-9]\d* passed/m },
  { kind: 'build', isGreen: true, pattern: /^\s*Finished `?(?:dev|release|test)\b/m },
  // Maven and Gradle
  { kind: 'tests', isGreen: false, pattern: /Tests run: \d+, Failures: (?<failed>[1-9]\d*)/ },
  { kind: 'tests', isGreen: false, pattern: /Tests run: \d+, Failures: 0, Errors: (?<failed>[1-9]\d*)/ },
  { kind: 'tests', isGreen: false, pattern: /^\d+ tests? completed, (?<failed>\d+) failed/m },
  { kind: 'build', isGreen: false, pattern: /^(?:\[ERROR\] |\[INFO\] )?BUILD FAIL(?:URE|ED)/m },
  { kind: 'tests', isGreen: true, pattern: /Tests run: [1-9]\d*, Failures: 0, Errors: 0/ },
  { kind: 'build', isGreen: true, pattern: /^(?:\[INFO\] )?BUILD SUCCESS(?:FUL)?/m },
  // RSpec, PHPUnit, .NET
  { kind: 'tests', isGreen: false, pattern: /^\d+ examples?, (?<failed>[1-9]\d*) failures?/m },
  { kind: 'tests', isGreen: true, pattern: /^[1-9]\d* examples?, 0 failures/m },
  { kind: 'tests', isGreen: false, pattern: /^Tests: \d+, Assertions: \d+, (?:Failures|Errors): (?<failed>[1-9]\d*)/m },
  { kind: 'tests', isGreen: true, pattern: /^OK \([1-9]\d* tests?, \d+ assertions?\)/m },
  { kind: 'tests', isGreen: false, pattern: /^\s*Failed!\s+- Failed:\s+(?<failed>\d+)/m },
  { kind: 'tests', isGreen: true, pattern: /^\s*Passed!\s+- Failed:\s+0/m },
  // Type checkers
  { kind: 'types', isGreen: false, pattern: /\berror TS\d+:/ },
  { kind: 'types', isGreen: false, pattern: /^Found (?<failed>\d+) errors? in \d+ files?/m },
  { kind: 'types', isGreen: true, pattern: /^Success: no issues found in \d+ source files?/m },
  // Linters
  { kind: 'lint', isGreen: false, pattern: /^\u2716 \d+ problems? \((?<failed>[1-9]\d*) errors?/m },
  { kind: 'lint', isGreen: false, pattern: /^Found (?<failed>\d+) errors?\.?$/m },
  { kind: 'lint', isGreen: true, pattern: /^All checks passed!|^Checked \d+ files? in .*No fixes applied/m },
];

/** Checks that say nothing when all is well. */
const SILENT: readonly (readonly [CheckKind, RegExp])[] = [
  ['types', /^(?:npx |pnpm exec |yarn |bunx )?(?:tsc|vue-tsc|pyright)\b/],
  ['lint', /^(?:npx |pnpm exec |yarn |bunx )?eslint\b|^flake8\b|^golangci-lint\b/],
  ['build', /^go (?:build|vet)\b|^python3? -m (?:py_compile|compileall)\b/],
];

/** A summary stands at the end; of an enormous output only that is read. */
const OUTPUT_CHARACTERS_MAX = 8_000;

/**
 * What a command's output says of the code, or null where it ran no check that is known. Pure reading: the exit code is
 * not in a tool result, the error flag is.
 */
export function readCheckRun(command: string, output: string, flaggedError: boolean): CheckRun | null {
  const text = stripColours(output.slice(-OUTPUT_CHARACTERS_MAX));
  const identity = checkIdentity(command);
  for (const { kind, pattern, isGreen } of VERDICTS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const count = match.groups?.['failed'];
    const failed = count === undefined ? null : Number(count);
    if (!isGreen && failed === 0) continue;
    return { kind, isGreen, failed: isGreen ? 0 : failed, identity };
  }
  const silent = splitCommands(command).map((part) => SILENT.find(([, pattern]) => pattern.test(part)))[0];
  const isLast = splitCommands(command).length === 1;
  // Behind a pipe or another command, silence and the error flag are somebody else's.
  if (silent === undefined || !isLast) return null;
  if (flaggedError) return { kind: silent[0], isGreen: false, failed: null, identity };
  return text.trim() === '' || /^\(?no output\)?$/i.test(text.trim())
    ? { kind: silent[0], isGreen: true, failed: 0, identity }
    : null;
}

/** What is run, without the folder, how much is shown, and where errors go. Equal for runs of the same thing. */
export function checkIdentity(command: string): string {
  return splitCommands(command)
    .filter((part) => !/^(cd|export|source|set|echo|true|tail|head|grep|cat|sed|tee|wc|sort|pwd)\b/.test(part))
    .map((part) =>
      part
        .replace(/\s*\d?>+\s*(&\d|\S+)/g, '')
        .replace(
          /\s(-v+|-q+|--verbose|--quiet|--color\S*|--no-color|-x|--tb=\S+|--reporter[= ]\S+|--bail|--silent)(?=\s|$)/g,
          '',
        )
        .replace(/^(\w+=\S*\s+|time |timeout \S+ )*/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .join(' ; ');
}

function stripColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with one
  return text.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\r\n', '\n');
}
