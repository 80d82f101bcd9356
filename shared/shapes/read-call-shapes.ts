import type { Database } from '#shared/database/connect.ts';
import { loadCall, type StoredCall } from '#shared/database/load-call.ts';
import { readPrefixText } from '#shared/database/replay-store.ts';
import { recomputeUpstreamRequest, type Upstreams } from './recompute-upstream-request.ts';

/** One of the four forms that a call went through. */
export interface CallShape {
  /** Of the text: the name of a wire format, or `canonical`. */
  readonly format: string;
  /** Null when there is none; `missing` says why. */
  readonly text: string | null;
  readonly missing: string | null;
  /** Whether the text is, byte for byte, what went over the wire. */
  readonly isExact: boolean;
  /** Why it is not. */
  readonly inexact: readonly string[];
}

export interface CallShapes {
  readonly request: CallShape;
  readonly upstream: CallShape;
  readonly raw: CallShape;
  readonly delivered: CallShape;
}

/**
 * The four shapes of a call, so that a fault can be placed: what the client asked, what the upstream was sent, what it
 * answered, and what the client was given. Null when there is no such call.
 */
export async function readCallShapes(
  database: Database,
  upstreams: Upstreams | null,
  projectId: string,
  callId: string,
): Promise<CallShapes | null> {
  const stored = await loadCall(database, projectId, callId);
  if (stored === null) return null;
  const { prefixId } = stored.call;
  const prefix = prefixId === null ? null : await readPrefixText(database, projectId, prefixId);
  return shapesOf(stored, prefix, upstreams);
}

/** Pure. */
export function shapesOf(stored: StoredCall, prefix: string | null, upstreams: Upstreams | null): CallShapes {
  const { call, request, response, upstreamRaw } = stored;
  const missing = stored.isContentExpired ? 'expired' : 'not_captured';
  const changed = [
    ...(call.completeness.redacted ? ['redacted'] : []),
    ...(call.completeness.truncated ? ['truncated'] : []),
  ];
  const canonical = (value: StoredCall['request'], clientFormat: string): CallShape =>
    value === null
      ? none('canonical', missing)
      : {
          format: 'canonical',
          text: JSON.stringify(value),
          missing: null,
          isExact: false,
          inexact: [clientFormat === 'anthropic-messages' ? 'same_json' : 'canonical_form', ...changed],
        };
  return {
    request: canonical(request, call.clientFormat),
    upstream: upstreamOf(stored, prefix, upstreams, missing),
    raw:
      upstreamRaw === null
        ? none(call.upstreamFormat ?? '', missing)
        : {
            format: call.upstreamFormat ?? '',
            text: upstreamRaw,
            missing: null,
            isExact: changed.length === 0,
            inexact: changed,
          },
    delivered: canonical(response, call.clientFormat),
  };
}

function upstreamOf(
  { call, request }: StoredCall,
  prefix: string | null,
  upstreams: Upstreams | null,
  missing: string,
): CallShape {
  const format = call.upstreamFormat ?? '';
  if (request === null) return none(format, missing);
  const recomputed = recomputeUpstreamRequest(call, request, prefix, upstreams);
  if (recomputed.type === 'unknown') return none(format, recomputed.reason);
  const { body, inexact } = recomputed;
  return { format, text: body, missing: null, isExact: inexact.length === 0, inexact };
}

function none(format: string, missing: string): CallShape {
  return { format, text: null, missing, isExact: false, inexact: [] };
}
