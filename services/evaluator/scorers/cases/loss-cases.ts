import { LOSS_KINDS, type Loss, type LossKind } from '#shared/domain/loss.ts';
import { content, type ScorerCase } from './scorer-case.ts';

const KINDS = Object.keys(LOSS_KINDS) as LossKind[];

function loss(kind: LossKind, pointer: string, more: Partial<Loss> = {}): Loss {
  return { kind, pointer, format: 'openai-chat', detail: 'no such field', ...more };
}

/** The same questions for every kind; what differs is only whose they are. */
function casesOf(kind: LossKind): readonly ScorerCase[] {
  const own = loss(kind, '/metadata');
  const others = KINDS.filter((other) => other !== kind).map((other) => loss(other, '/tools/0'));
  const found = { outcome: 'fail', owner: 'gateway', severity: LOSS_KINDS[kind].severity } as const;
  const reads = { calls: [{}] };
  return [
    { name: 'one loss', content: content({ losses: [own] }), ...found, expectedVsActual: `${kind} 0 -> 1` },
    {
      name: 'two losses',
      content: content({ losses: [own, loss(kind, '/tools/0/strict', { detail: 'other' })] }),
      ...found,
      expectedVsActual: `${kind} 0 -> 2+`,
    },
    { name: 'a loss that occurred often', content: content({ losses: [{ ...own, count: 40 }] }), ...found },
    { name: 'a loss among those of other kinds', content: content({ losses: [...others, own] }), ...found },
    {
      name: 'a loss of a call that failed upstream',
      content: content({ losses: [own], response: null, status: 'upstream_error' }),
      ...found,
    },
    {
      name: 'a loss of which nothing is said',
      content: content({ losses: [loss(kind, '', { detail: '' })] }),
      ...found,
    },
    { name: 'an answer that lost nothing', content: content({ text: 'Done.' }), outcome: 'pass' },
    { name: 'a call of a tool that lost nothing', content: content(reads), outcome: 'pass' },
    { name: 'losses of other kinds', content: content({ ...reads, losses: others }), outcome: 'pass' },
    { name: 'a request that was not captured', content: content({ request: null }), outcome: 'pass' },
    {
      name: 'a failed call that lost nothing',
      content: content({ response: null, status: 'upstream_error' }),
      outcome: 'pass',
    },
    {
      name: 'a call that another gateway translated',
      content: content({ ...reads, upstreamFormat: null }),
      outcome: 'not_applicable',
    },
    {
      name: 'a call for which no upstream was asked',
      content: content({ upstreamFormat: null, response: null, status: 'upstream_error', losses: [own] }),
      outcome: 'not_applicable',
    },
  ];
}

export const LOSS_CASES: Readonly<Record<string, readonly ScorerCase[]>> = Object.fromEntries(
  KINDS.map((kind) => [`loss_${kind}`, casesOf(kind)]),
);
