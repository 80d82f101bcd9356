import { SHRINKAGE_STRENGTH, shrinkMean } from '../estimation/shrinkage.ts';
import type { QualityModel } from './estimate-value.ts';
import type { LoggedSession, ModelChoice } from './logged-session.ts';

/** What is expected of a model of which nothing was logged. */
const NOTHING_KNOWN = 0.5;
/** A belief about a model over all shapes is worth little before it has been seen. */
const ROOT_STRENGTH = 2;
const FOLDS = 2;

/**
 * Quality per turn shape and model: means that lean on the model over all shapes. Cross-fitted: what is expected of a
 * session comes from the other half of the sessions, or its own quality would be in what it is compared with.
 */
export function fitQualityModel(sessions: readonly LoggedSession[]): QualityModel {
  const foldOf = new Map(sessions.map((session, at) => [session.sessionId, at % FOLDS] as const));
  const tables = Array.from({ length: FOLDS }, (_, fold) =>
    tableOf(sessions.filter((session) => foldOf.get(session.sessionId) !== fold)),
  );
  return (session, choice) => {
    const table = tables[foldOf.get(session.sessionId) ?? 0];
    return table === undefined ? NOTHING_KNOWN : expectedOf(table, session.facts.turnShape, choice);
  };
}

interface Sum {
  count: number;
  sum: number;
}
type Table = ReadonlyMap<string, Sum>;

function tableOf(sessions: readonly LoggedSession[]): Table {
  const table = new Map<string, Sum>();
  const add = (key: string, quality: number) => {
    const known = table.get(key) ?? { count: 0, sum: 0 };
    table.set(key, { count: known.count + 1, sum: known.sum + quality });
  };
  for (const { facts, action, quality } of sessions) {
    add(keyOf(null, action), quality);
    add(keyOf(facts.turnShape, action), quality);
  }
  return table;
}

function expectedOf(table: Table, turnShape: string, choice: ModelChoice): number {
  const overall = shrinkMean(meanOf(table.get(keyOf(null, choice))), NOTHING_KNOWN, ROOT_STRENGTH);
  return shrinkMean(meanOf(table.get(keyOf(turnShape, choice))), overall, SHRINKAGE_STRENGTH);
}

function meanOf(sum: Sum | undefined) {
  return sum === undefined ? { count: 0, mean: 0 } : { count: sum.count, mean: sum.sum / sum.count };
}

function keyOf(turnShape: string | null, { model, prefixId }: ModelChoice): string {
  return JSON.stringify([turnShape, model, prefixId]);
}
