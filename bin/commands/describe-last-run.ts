import * as z from 'zod';
import type { SystemStatus } from '../../services/optimizer/system-status.ts';
import { describeReason } from './describe-reason.ts';

const partSchema = z.looseObject({
  type: z.string(),
  reason: z.string().nullish(),
  published: z
    .looseObject({ number: z.number(), rolloutId: z.string().nullable(), heldBy: z.string().nullable() })
    .nullish(),
});

/** What each half of the last run came to: a proposal and where it stands, or why there is none. */
export function describeLastRun(run: NonNullable<SystemStatus['lastRun']>, reason: string | null): readonly string[] {
  const lines = [
    ...describePart('routing', run.routing),
    ...describePart('prefix', run.prefix),
    ...(reason === null ? [] : [describeReason(reason)]),
  ];
  return lines.length === 0 && run.status === 'pending' ? ['waiting for an optimizer to take it'] : lines;
}

function describePart(name: string, part: unknown): string[] {
  const parsed = partSchema.safeParse(part);
  if (!parsed.success) return [];
  const { type, reason, published } = parsed.data;
  if (published) {
    const state =
      published.rolloutId !== null
        ? 'in rollout'
        : published.heldBy === null
          ? `waits for you: trimtab policies diff v${published.number}`
          : `held: ${describeReason(published.heldBy)}`;
    return [`${name}: proposed v${published.number}, ${state}`];
  }
  if (type === 'waiting') return [`${name}: replays are running`];
  return [`${name}: nothing proposed${reason ? `, ${describeReason(reason)}` : ''}`];
}
