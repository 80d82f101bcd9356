import type { ConversationCall } from '../conversation/conversation.ts';
import { readFileAction } from '../files/file-action.ts';
import { isReadOnlyCommand } from '../files/shell-command.ts';
import { NOT_APPLICABLE, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type CheckRun, checkIdentity, readCheckRun } from './check-run.ts';

const QUOTE_CHARACTERS_MAX = 200;
const TEST_FILE = /(^|[/_.-])(tests?|specs?|__tests__|conftest)([/_.-]|$)/i;

/** What a run of checks says against the run of the same before it. */
type Transition =
  | 'red -> green'
  | 'green -> green'
  | 'none -> green'
  | 'red -> less red'
  | 'red -> red'
  | 'green -> red'
  | 'none -> red';

/** What each is worth as a measure of the code, null where it says nothing of it: a first red run may only show the fault. */
const TRANSITION_VALUES: Readonly<Record<Transition, number | null>> = {
  'red -> green': 1,
  'green -> green': 1,
  'none -> green': 1,
  'red -> less red': 0.5,
  'red -> red': 0.25,
  'green -> red': 0,
  'none -> red': null,
};

/** What a result of this scorer is worth: null where it says nothing, undefined where it is none. */
export function transitionValue({ expectedVsActual }: ScorerResult): number | null | undefined {
  const transition = (Object.keys(TRANSITION_VALUES) as Transition[]).find(
    (each) => expectedVsActual !== undefined && new RegExp(`^\\w+ ${each}$`).test(expectedVsActual),
  );
  return transition === undefined ? undefined : TRANSITION_VALUES[transition];
}

interface SeenRun {
  readonly run: CheckRun;
  /** Position among the calls. */
  readonly at: number;
}

function runOf(name: string, input: unknown, text: string, flaggedError: boolean): CheckRun | null {
  const action = readFileAction(name, input);
  return action.type === 'shell' ? readCheckRun(action.command, text, flaggedError) : null;
}

/** The newest earlier run of the same check. */
function runBefore(calls: readonly ConversationCall[], identity: string): SeenRun | null {
  for (let at = calls.length - 1; at >= 0; at -= 1) {
    const call = calls[at];
    if (call === undefined || call.result === null) continue;
    const action = readFileAction(call.name, call.input);
    if (action.type !== 'shell' || checkIdentity(action.command) !== identity) continue;
    const run = readCheckRun(action.command, call.result.text, call.result.flaggedError);
    if (run !== null) return { run, at };
  }
  return null;
}

/** Whether the files changed since are tests only: a test that fails at first is how some people work. */
function changedOnlyTests(calls: readonly ConversationCall[]): boolean {
  let changes = 0;
  for (const { name, input } of calls) {
    const action = readFileAction(name, input);
    if (action.type === 'shell' ? !isReadOnlyCommand(action.command) : action.type === 'patch') return false;
    if (action.type !== 'write' && action.type !== 'edit' && action.type !== 'insert') continue;
    if (!TEST_FILE.test(action.path)) return false;
    changes += 1;
  }
  return changes > 0;
}

function transitionOf(run: CheckRun, before: SeenRun | null): Transition {
  if (before === null) return run.isGreen ? 'none -> green' : 'none -> red';
  if (run.isGreen) return before.run.isGreen ? 'green -> green' : 'red -> green';
  if (before.run.isGreen) return 'green -> red';
  const [now, then] = [run.failed, before.run.failed];
  return now !== null && then !== null && now < then ? 'red -> less red' : 'red -> red';
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  const shells = calls.filter((call) => readFileAction(call.name, call.input).type === 'shell');
  if (shells.length === 0) return NOT_APPLICABLE;
  if (subject.followingResults === null) return NOT_APPLICABLE;
  // Of several runs in one reply the last one stands.
  for (const call of shells.toReversed()) {
    const result = subject.followingResults.get(call.id);
    const run = result === undefined ? null : runOf(call.name, call.input, result.text, result.flaggedError);
    if (result === undefined || run === null) continue;
    if (subject.conversation === null) return unknown('the conversation before this call was not captured');
    const before = runBefore(subject.conversation.calls, run.identity);
    const transition = transitionOf(run, before);
    const expectedVsActual = `${run.kind} ${transition}`;
    const evidence = [{ pointer: `/nextRequest${result.pointer}`, quote: lastLine(result.text) }];
    if (TRANSITION_VALUES[transition] === 1) return { outcome: 'pass', evidence, expectedVsActual };
    if (transition === 'green -> red' && !changedOnlyTests(subject.conversation.calls.slice((before?.at ?? 0) + 1))) {
      const detail = `${run.kind} that were green are red after the changes since`;
      return { outcome: 'fail', owner: 'provider', severity: 'warning', evidence, expectedVsActual, detail };
    }
    return {
      outcome: 'unknown',
      evidence,
      expectedVsActual,
      detail: `${run.kind} are red, as far as that says anything`,
    };
  }
  return NOT_APPLICABLE;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim().slice(0, QUOTE_CHARACTERS_MAX) ?? '';
}

export const testSignal: Scorer = {
  id: 'test_signal',
  version: '1',
  metric: 'code',
  pass: 'outcome',
  owner: 'provider',
  severity: 'warning',
  definition:
    'Tests, type checks, linters and builds that the reply ran are green, or at least were not green when they ran before.',
  score,
};
