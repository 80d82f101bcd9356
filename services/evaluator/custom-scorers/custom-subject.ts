import type { StoredCall } from '#shared/database/load-call.ts';
import type { ScorerPass } from '../scorers/scorer.ts';

/**
 * What a scorer of the operator's own sees of a call: plain JSON, so that it is the same in a thread and over HTTP.
 * Fields are added and never changed while `v` stays.
 */
export interface CustomSubject {
  readonly v: 1;
  readonly pass: ScorerPass;
  readonly call: {
    readonly callId: string;
    readonly sessionId: string;
    readonly agentId: string | null;
    readonly startedAt: number;
    readonly durationMs: number;
    readonly provider: string | null;
    readonly requestModel: string;
    readonly responseModel: string | null;
    readonly turnShape: string;
    readonly developer: string | null;
    readonly repo: string | null;
    readonly status: string;
    readonly stopReason: string | null;
    readonly usage: unknown;
    readonly losses: unknown;
  };
  /** Messages API request as the client meant it; null where the capture mode dropped it. */
  readonly request: Readonly<Record<string, unknown>> | null;
  /** Message as delivered; null when there was none or it was not captured. */
  readonly response: Readonly<Record<string, unknown>> | null;
  /** The upstream's reply before translation. */
  readonly upstreamRaw: string | null;
  /** In the pass `outcome`, the request that followed; null when none did. */
  readonly nextRequest: Readonly<Record<string, unknown>> | null;
}

/** @param next the call that continues this one, in the second pass */
export function customSubjectOf(stored: StoredCall, next: StoredCall | null, pass: ScorerPass): CustomSubject {
  const { call } = stored;
  return {
    v: 1,
    pass,
    call: {
      callId: call.callId,
      sessionId: call.sessionId,
      agentId: call.agentId,
      startedAt: call.startedAt,
      durationMs: call.durationMs,
      provider: call.provider,
      requestModel: call.requestModel,
      responseModel: call.responseModel,
      turnShape: call.turnShape,
      developer: call.developer,
      repo: call.repo,
      status: call.status,
      stopReason: call.stopReason,
      usage: call.usage,
      losses: call.losses,
    },
    request: stored.request,
    response: stored.response,
    upstreamRaw: stored.upstreamRaw,
    nextRequest: next?.request ?? null,
  };
}
