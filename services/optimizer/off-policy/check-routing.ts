import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { readLoggedSessions } from '#shared/database/logged-session-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { RoutingCheck, RoutingDecision } from '../cycle-checkpoint.ts';
import { readDriftPeriods } from '../read-judge-drift.ts';
import { diffPolicies } from '../routing/diff-policies.ts';
import { checkDraft } from './check-draft.ts';
import { keepTargets } from './keep-targets.ts';
import type { LoggedSession } from './logged-session.ts';

/** Sessions older than this say little of a model that its provider changes under us. */
const WINDOW_MS = 30 * 86_400_000;

/** Of what the estimate wrote down, as much as the check depends on. */
const explanationsSchema = z.array(
  z.looseObject({
    turnShape: z.string().nullable(),
    reason: z.string(),
    models: z.array(z.looseObject({ model: z.string(), phase: z.string() })),
  }),
);

/**
 * Holds a draft of routing against what was logged before any session is served by it. The verdict goes into the draft's
 * evidence. Where governance lets the optimizer act and the verdict is against it, only what cannot wait goes on, and its
 * exploration, which makes the overlap that is lacking; a draft without either is stored and held. Reads only.
 */
export async function checkRouting(
  database: Database,
  projectId: string,
  decision: RoutingDecision,
  governance: Governance,
  asOf: Date,
): Promise<RoutingCheck> {
  const { draft } = decision;
  const incumbent = draft === null ? null : await readPolicy(database, projectId, decision.parentId);
  if (draft === null || incumbent === null) return { verdict: null, draft };
  const drifts = await readDriftPeriods(database, projectId);
  const since = new Date(asOf.getTime() - WINDOW_MS);
  const rows = await readLoggedSessions(database, projectId, { since, asOf, drifts });
  const verdict = checkDraft({
    ...{ incumbent: incumbent.body, draft: draft.body, governance },
    changes: diffPolicies(incumbent.body, draft.body),
    explanations: explanationsSchema.parse(decision.explanations),
    sessions: rows.map((row) => toLoggedSession(projectId, row)),
  });
  const checked = { ...draft, evidence: { ...draft.evidence, offPolicy: verdict } };
  if (verdict.goesOn || governance.weights !== 'automatic') return { verdict, draft: checked };
  const body = keepTargets(incumbent.body, draft.body, verdict.urgentShapes);
  const changes = diffPolicies(incumbent.body, body);
  if (changes.length === 0) return { verdict, draft: { ...checked, heldBy: verdict.result } };
  const reason = `${changes.some((change) => change.type === 'weight') ? 'what cannot wait' : 'exploration first'}, for ${draft.reason}`;
  const evidence = { ...checked.evidence, changes, wanted: draft.body };
  const explorationOnly = changes.every((change) => change.type === 'exploration');
  return { verdict, draft: { body, reason, evidence, explorationOnly } };
}

function toLoggedSession(
  projectId: string,
  row: Awaited<ReturnType<typeof readLoggedSessions>>[number],
): LoggedSession {
  const { sessionId, turnShape, requestModel, developer, repo, model, prefixId, propensity, quality } = row;
  return {
    sessionId,
    // A session has failed nothing when its model is chosen.
    facts: { requestModel, turnShape, developer, repo, project: projectId, flagged: false },
    action: { model, prefixId },
    propensity,
    quality,
  };
}
