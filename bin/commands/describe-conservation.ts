import type { Conservation } from '#shared/database/conservation.ts';

/** The whole equation, as a person can add it up. */
export function describeConservation(conservation: Conservation): string {
  const { answered, scored, pending, deadLettered, dropped, lostBeforeDurable, purged, expired, difference } =
    conservation;
  const erased = `${purged === 0 ? '' : ` + ${purged} purged`}${expired === 0 ? '' : ` + ${expired} expired`}`;
  const equation = `${answered} answered = ${scored} scored + ${pending} pending + ${deadLettered} dead-lettered + ${dropped} dropped + ${lostBeforeDurable} lost before durable${erased}`;
  if (difference === 0) return equation;
  const kind = difference > 0 ? 'not accounted for' : 'counted twice';
  return `${equation}, which is wrong by ${Math.abs(difference)} (${kind})`;
}
