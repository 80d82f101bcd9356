import type { StoredCall } from '#shared/database/load-call.ts';
import { readPrefixText } from '#shared/database/replay-store.ts';
import { recomputeUpstreamBody } from '#shared/shapes/recompute-upstream-request.ts';
import type { EvaluatorDeps } from './evaluator-deps.ts';
import { isRecord } from './scorers/json.ts';
import type { ScoredContent, UpstreamRequest } from './scorers/scoring-subject.ts';

/**
 * A stored call with what scorers may ask for beside it: parsers, and the upstream's request, which the codec writes anew
 * when the first of them asks.
 */
export async function contentToScore(deps: EvaluatorDeps, stored: StoredCall): Promise<ScoredContent> {
  const { prefixId, projectId, upstreamFormat } = stored.call;
  const hasUpstream = stored.request !== null && upstreamFormat !== null && deps.upstreams !== undefined;
  const prefix = prefixId === null || !hasUpstream ? null : await readPrefixText(deps.database, projectId, prefixId);
  return {
    ...stored,
    ...(deps.checkSyntax === undefined ? {} : { checkSyntax: deps.checkSyntax }),
    ...(hasUpstream ? { upstreamRequest: () => recompute(deps, stored, prefix) } : {}),
  };
}

function recompute(
  { upstreams }: EvaluatorDeps,
  { call, request }: StoredCall,
  prefix: string | null,
): UpstreamRequest | null {
  if (request === null || call.upstreamFormat === null) return null;
  const recomputed = recomputeOrNull(() => recomputeUpstreamBody(call, request, prefix, upstreams ?? null));
  if (recomputed === null || recomputed.type === 'unknown' || !isRecord(recomputed.body)) return null;
  return { format: call.upstreamFormat, body: recomputed.body, isExact: recomputed.inexact.length === 0, prefix };
}

/** A stored request that today's codec refuses says nothing of the one that was sent, and must not stop its scoring. */
function recomputeOrNull<Result>(recomputeIt: () => Result): Result | null {
  try {
    return recomputeIt();
  } catch {
    return null;
  }
}
