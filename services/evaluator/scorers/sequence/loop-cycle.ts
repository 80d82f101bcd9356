import { isSameCall } from '../conversation/call-identity.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { isWaitingCall } from '../conversation/is-read-call.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

const PERIOD_MAX = 4;
const PERIODS_MIN = 3;

/** One turn with calls: what it asked, and what came back; null while nothing has. */
interface Step {
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly results: string | null;
  readonly isRepeatedError: boolean;
  readonly pointer: string;
}

/** The turns with calls since the user last spoke, oldest first; only so many as the longest cycle takes. */
function stepsOf(conversation: Conversation): Step[] {
  const since = conversation.calls.filter(({ message }) => message > conversation.lastUserMessage);
  const turns = [...Map.groupBy(since, ({ message }) => message).values()].slice(-PERIOD_MAX * PERIODS_MIN);
  return turns.map((calls) => ({
    calls,
    results: calls.some(({ result }) => result === null)
      ? null
      : calls.map(({ result }) => result?.text ?? '').join('\u0000'),
    isRepeatedError: calls.every(({ result }) => result !== null && result.kind !== 'ok'),
    pointer: calls[0]?.pointer ?? '/messages',
  }));
}

/** Names first: they differ in most turns, and cost nothing to compare. */
function isSameStep({ calls }: Step, { calls: others }: Step): boolean {
  return (
    calls.length === others.length &&
    calls.every(({ name }, index) => name === others[index]?.name) &&
    calls.every((call, index) => isSameCall(call, others[index] ?? call))
  );
}

/** The period of the cycle that the newest turn closes, or null. Its own results are not known yet. */
function periodAtEnd(steps: readonly Step[]): number | null {
  for (let period = 1; period <= PERIOD_MAX; period += 1) {
    const span = steps.slice(-period * PERIODS_MIN);
    if (span.length < period * PERIODS_MIN) return null;
    const repeats = span.every((step, index) => {
      const before = span[index - period];
      if (before === undefined) return true;
      const isNewest = index === span.length - 1;
      return (isNewest || (step.results !== null && step.results === before.results)) && isSameStep(step, before);
    });
    if (repeats) return period;
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  const calls = delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const reply = calls.map(({ name, given, pointer }) => ({ name, input: given, pointer }));
  if (reply.every(isWaitingCall)) return NOT_APPLICABLE;
  const steps = stepsOf(conversation);
  const pointer = reply[0]?.pointer ?? '/response/content';
  const newest: Step = { calls: reply, results: null, isRepeatedError: false, pointer };
  const period = periodAtEnd([...steps, newest]);
  // One call that fails again and again is a failing call repeated, and nothing more.
  if (period === null || (period === 1 && steps.at(-1)?.isRepeatedError === true)) return PASSED;
  const span = [...steps, newest].slice(-period * PERIODS_MIN);
  return failed(
    { owner: 'provider', severity: 'error' },
    {
      expectedVsActual: `new result -> cycle of ${period} repeated`,
      detail: 'the same calls are made for the third time in a row and have brought nothing new',
    },
    span.map((step) => quoted(step.pointer, '')).reverse(),
  );
}

export const loopCycle: Scorer = {
  id: 'loop_cycle',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'No cycle of up to four turns of tool calls is gone through three times while its results stay the same.',
  score,
};
