import { isRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { blocksOf, type PlacedMessage, readLatestExchange } from './latest-exchange.ts';

/** The pointer of a result with something else before it in its turn, or null. */
function resultAfterOther(user: readonly PlacedMessage[]): string | null {
  let other = false;
  for (const { index, message } of user) {
    const { content } = message;
    if (!Array.isArray(content)) {
      other = true;
      continue;
    }
    for (const [at, block] of (content as unknown[]).entries()) {
      const isResult = isRecord(block) && block['type'] === 'tool_result';
      if (isResult && other) return `/messages/${index}/content/${at}`;
      other ||= !isResult;
    }
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const exchange = subject.part(readLatestExchange);
  if (exchange === null) return NOT_APPLICABLE;
  const results = blocksOf(exchange.user, 'tool_result');
  const misplaced = blocksOf(exchange.assistant, 'tool_result');
  if (results.length === 0 && misplaced.length === 0) return NOT_APPLICABLE;
  const blame = { owner: 'gateway', severity: 'error' } as const;
  if (misplaced[0] !== undefined) {
    return failed(
      blame,
      { expectedVsActual: 'role user -> assistant', detail: 'a tool result stands in a message of the assistant' },
      misplaced.map(({ pointer }) => quoted(pointer, '')),
    );
  }
  const late = resultAfterOther(exchange.user);
  if (late !== null) {
    return failed(
      blame,
      {
        expectedVsActual: 'results first -> after other content',
        detail: 'a tool result does not stand first in its turn',
      },
      [quoted(late, '')],
    );
  }
  const holders = [...new Set(results.map(({ message }) => message))];
  if (holders.length < 2) return PASSED;
  return failed(
    blame,
    {
      expectedVsActual: 'results in 1 message -> 2+',
      detail: 'the results of one turn are split over several messages',
    },
    holders.map((index) => quoted(`/messages/${index}`, '')),
  );
}

export const resultOrderOrRole: Scorer = {
  id: 'result_order_or_role',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition: 'The tool results of a turn stand first in one message of the user.',
  score,
};
