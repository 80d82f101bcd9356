import type { CaptureMode } from '#shared/domain/call.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';

/**
 * Takes out of a call what its capture mode does not allow. Redacting takes longer than a call should wait, so here it
 * is only asked for: the spool redacts before it writes. `none` never gets here: its calls leave no record.
 */
export function captureOffer(offered: OfferedCall, mode: Exclude<CaptureMode, 'none'>): OfferedCall {
  if (mode === offered.call.capture) return offered;
  const call = { ...offered.call, capture: mode };
  if (mode !== 'metadata') return { ...offered, call };
  const completeness = { ...call.completeness, hasRequest: false, hasResponse: false };
  return { call: { ...call, completeness }, request: null, response: null, upstreamRaw: null };
}
