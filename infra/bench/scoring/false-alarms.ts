import { SCORERS } from '../../../services/evaluator/scorers/registry.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { exactInterval } from './exact-interval.ts';
import { messagesOf, ofType } from './plant-in-request.ts';
import { callsOf, type RecordedSession, readRecordedSessions } from './recorded-sessions.ts';
import type { GoalResult, ScoringTable, WrittenFigure } from './scoring-report.ts';

const BAR = 0.005;

interface AlarmCount {
  readonly scorer: string;
  applied: number;
  unknown: number;
  warnings: number;
  errors: number;
  /** Errors that the recording itself shows to be there. */
  confirmed: number;
}

interface Alarms {
  readonly messages: number;
  readonly flagged: number;
  readonly falselyFlagged: number;
  readonly scorers: readonly AlarmCount[];
}

type RecordedCall = ReturnType<typeof callsOf>[number];

/** What the recording shows without any scorer: a tool that said so itself, and an id that stands there twice. */
const CONFIRMED: Readonly<Record<string, (call: RecordedCall) => boolean>> = {
  tool_result_error: ({ content, next }) => {
    const ids = replyCalls(content.response).map(({ id }) => id);
    const results = messagesOf(next).flatMap((message) => ofType(message.content, 'tool_result'));
    return results.some((block) => ids.includes(block['tool_use_id']) && /^Error: /.test(String(block['content'])));
  },
  id_missing_or_duplicate: ({ content }) => {
    const before = messagesOf(content.request).flatMap((message) => ofType(message.content, 'tool_use'));
    return replyCalls(content.response).some(({ id }) => before.some((block) => block['id'] === id));
  },
};

function replyCalls(response: RecordedCall['content']['response']) {
  return ofType((response?.['content'] ?? []) as Parameters<typeof ofType>[0], 'tool_use').map((block) => ({
    id: block['id'],
  }));
}

/** What scorers that need no catalogue say of the answers in runs that did their task, by the state they left behind. */
export function falseAlarmGoal(dataFolder: string): GoalResult {
  const alarms = countAlarms(readRecordedSessions(dataFolder).filter(({ passed }) => passed));
  const { messages, flagged, falselyFlagged } = alarms;
  const share = falselyFlagged / messages;
  const interval = exactInterval(falselyFlagged, messages);
  const figures: WrittenFigure[] = [
    { id: 'G3', value: share, op: '<=', bar: BAR, pass: messages > 0 && share <= BAR, n: messages, interval },
    {
      ...{ id: 'G3_flagged', value: flagged / messages, op: '<=', bar: null, pass: null, n: messages },
      interval: exactInterval(flagged, messages),
    },
  ];
  return { figures, tables: [tableOf(alarms)] };
}

function countAlarms(sessions: readonly RecordedSession[]): Alarms {
  const counts = new Map(SCORERS.map(({ id }) => [id, emptyCount(id)]));
  const total = { messages: 0, flagged: 0, falselyFlagged: 0 };
  for (const call of sessions.flatMap(callsOf)) {
    const subject = createScoringSubject(call.content, call.next === null ? null : { request: call.next });
    let isFlagged = false;
    let isFalselyFlagged = false;
    for (const scorer of SCORERS) {
      const count = counts.get(scorer.id) ?? emptyCount(scorer.id);
      const { outcome, severity } = scorer.score(subject);
      if (outcome === 'not_applicable') continue;
      count.applied += 1;
      if (outcome === 'unknown') count.unknown += 1;
      if (outcome !== 'fail') continue;
      if (severity !== 'error' && severity !== 'fatal') {
        count.warnings += 1;
        continue;
      }
      const isConfirmed = CONFIRMED[scorer.id]?.(call) === true;
      count.errors += 1;
      count.confirmed += isConfirmed ? 1 : 0;
      isFlagged = true;
      isFalselyFlagged ||= !isConfirmed;
    }
    total.messages += 1;
    total.flagged += isFlagged ? 1 : 0;
    total.falselyFlagged += isFalselyFlagged ? 1 : 0;
  }
  return { ...total, scorers: [...counts.values()] };
}

function emptyCount(scorer: string): AlarmCount {
  return { scorer, applied: 0, unknown: 0, warnings: 0, errors: 0, confirmed: 0 };
}

function tableOf({ messages, scorers }: Alarms): ScoringTable {
  return {
    title: `What scorers say of ${messages} answers in runs that did their task`,
    columns: [
      'scorer',
      'applied',
      'unknown',
      'warnings',
      'errors',
      'of these shown by the recording',
      'flagged of 100 applied',
    ],
    rows: scorers
      .filter(({ applied }) => applied > 0)
      .map(({ scorer, applied, unknown, warnings, errors, confirmed }) => [
        `\`${scorer}\``,
        applied,
        unknown,
        warnings,
        errors,
        confirmed,
        ((100 * (warnings + errors)) / applied).toFixed(2),
      ]),
  };
}

/** The figures alone. */
export function falseAlarmFigures(dataFolder: string): readonly WrittenFigure[] {
  return falseAlarmGoal(dataFolder).figures;
}
