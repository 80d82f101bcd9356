import { classifyToolResult } from '../../../services/evaluator/scorers/classify-tool-result.ts';
import { SCORERS } from '../../../services/evaluator/scorers/registry.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { exactInterval } from './exact-interval.ts';
import { plantReask } from './plant-in-reply.ts';
import { messagesOf, ofType } from './plant-in-request.ts';
import { callsOf, readRecordedSessions } from './recorded-sessions.ts';
import type { GoalResult, WrittenFigure } from './scoring-report.ts';
import { keyedToolError } from './tool-error-key.ts';

const BAR = 0.95;
const SEED = 60_411;

/** One kind of outcome: how often it was mined, and how often that was true. */
interface Mined {
  readonly kind: string;
  readonly truth: string;
  mined: number;
  right: number;
}

type RecordedCall = ReturnType<typeof callsOf>[number];

/**
 * Whether error results are told apart by whose doing they are, and how much of what is mined from the next request is
 * so. Truth is counted without the code that is measured: by a key of the tools' errors, by comparing texts, and by
 * planting reactions; a reaction that was not planted counts as mined in error, whatever the user meant.
 */
export function outcomeGoal(dataFolder: string): GoalResult {
  const sessions = readRecordedSessions(dataFolder);
  const classes = classifiedErrors(sessions.filter(({ set }) => set === 'tau').flatMap(callsOf));
  const all = sessions.flatMap(callsOf);
  const mined = [...minedErrors(all), minedRepeats(all), minedReactions(all)];
  const [count, right] = [total(mined, 'mined'), total(mined, 'right')];
  const figures: WrittenFigure[] = [
    share('G4', classes.right, classes.keyed),
    share('outcome_precision', right, count),
  ];
  const rows = mined.map(({ kind, truth, mined: found, right: so }) => [kind, found, so, truth]);
  const known = [
    'errors of tau-bench by whose doing',
    classes.keyed,
    classes.right,
    `key; ${classes.unkeyed} not in it`,
  ];
  const table = {
    title: 'Outcomes mined from the next request',
    columns: ['outcome', 'mined', 'right', 'truth by'],
    rows: [known, ...rows],
  };
  return { figures, tables: [table] };
}

const total = (mined: readonly Mined[], field: 'mined' | 'right') => mined.reduce((sum, each) => sum + each[field], 0);

/** Results that the next request brings for the reply's calls. */
function resultsOf({ content, next }: RecordedCall): readonly string[] {
  const reply = (content.response?.['content'] ?? []) as Parameters<typeof ofType>[0];
  const ids = ofType(reply, 'tool_use').map((block) => block['id']);
  // Where ids repeat, the result that counts is the newest one.
  const results = (messagesOf(next).at(-1)?.content ?? []).filter((block) => block['type'] === 'tool_result');
  return results.filter((block) => ids.includes(block['tool_use_id'])).map((block) => String(block['content']));
}

const classOf = (text: string) => classifyToolResult({ pointer: '', text, flaggedError: false });

function classifiedErrors(calls: readonly RecordedCall[]) {
  const errors = calls.flatMap(resultsOf).filter((text) => /^Error\b/.test(text));
  const keyed = errors.flatMap((text) => {
    const truth = keyedToolError(text);
    return truth === null ? [] : [{ text, truth }];
  });
  const right = keyed.filter(({ text, truth }) => classOf(text) === truth).length;
  return { keyed: keyed.length, right, unkeyed: errors.length - keyed.length };
}

/** Errors as such, by how the harness writes them, and those that are the model's, by the key. */
function minedErrors(calls: readonly RecordedCall[]): readonly Mined[] {
  const errors: Mined = { kind: 'tool error', truth: 'the harness begins it with "Error"', mined: 0, right: 0 };
  const invalid: Mined = { kind: 'invalid parameter', truth: 'key of the errors', mined: 0, right: 0 };
  for (const text of calls.flatMap(resultsOf)) {
    const found = classOf(text);
    if (found === 'ok') continue;
    errors.mined += 1;
    errors.right += /^Error\b/.test(text) ? 1 : 0;
    if (found !== 'invalid_parameter') continue;
    invalid.mined += 1;
    invalid.right += keyedToolError(text) === 'invalid_parameter' ? 1 : 0;
  }
  return [errors, invalid];
}

/** Readings made again, by comparing the texts of calls and results one by one. */
function minedRepeats(calls: readonly RecordedCall[]): Mined {
  const repeats: Mined = { kind: 'repeated call', truth: 'equal texts of call and result before', mined: 0, right: 0 };
  const scorer = scorerOf('redundant_read');
  for (const call of calls) {
    if (scorer.score(subjectOf(call)).outcome !== 'fail') continue;
    repeats.mined += 1;
    repeats.right += hasEqualExchange(call) ? 1 : 0;
  }
  return repeats;
}

function hasEqualExchange(call: RecordedCall): boolean {
  const asked = ofType((call.content.response?.['content'] ?? []) as Parameters<typeof ofType>[0], 'tool_use').map(
    callText,
  );
  const told = resultsOf(call);
  const messages = messagesOf(call.content.request);
  return messages.some(({ content }, index) => {
    const calls = ofType(content, 'tool_use').map(callText);
    const results = ofType(messages[index + 1]?.content ?? [], 'tool_result').map((block) => String(block['content']));
    return calls.some((text) => asked.includes(text)) && results.some((text) => told.includes(text));
  });
}

function callText(block: Readonly<Record<string, unknown>>): string {
  const input = block['input'] as Record<string, unknown>;
  const sorted = Object.fromEntries(Object.entries(input ?? {}).sort(([left], [right]) => (left < right ? -1 : 1)));
  return `${String(block['name'])} ${JSON.stringify(sorted)}`;
}

/** Corrections and interruptions, planted after every fourth answer that ends a turn. */
function minedReactions(calls: readonly RecordedCall[]): Mined {
  const reactions: Mined = { kind: 'correction or interruption', truth: 'planted, and no other', mined: 0, right: 0 };
  const random = createSeededRandom(SEED);
  const scorer = scorerOf('user_reask');
  for (const call of calls) {
    const planted =
      random.uniform() < 0.25
        ? plantReask({ content: call.content, next: call.next, random, foreignResult: '' })
        : null;
    const next = planted === null ? call.next : planted.next;
    if (scorer.score(subjectOf({ ...call, next })).outcome !== 'fail') continue;
    reactions.mined += 1;
    reactions.right += planted === null ? 0 : 1;
  }
  return reactions;
}

function scorerOf(id: string) {
  const scorer = SCORERS.find((candidate) => candidate.id === id);
  if (scorer === undefined) throw new Error(`there is no scorer ${id}`);
  return scorer;
}

function subjectOf({ content, next }: RecordedCall) {
  return createScoringSubject(content, next === null ? null : { request: next });
}

function share(id: string, hits: number, n: number): WrittenFigure {
  const value = n === 0 ? 0 : hits / n;
  return { id, value, op: '>=', bar: BAR, pass: value >= BAR, n, interval: exactInterval(hits, n) };
}

/** The figures alone. */
export function outcomeFigures(dataFolder: string): readonly WrittenFigure[] {
  return outcomeGoal(dataFolder).figures;
}
