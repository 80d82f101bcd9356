import type { CaptureMode } from '#shared/domain/call.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import { redactText, redactValue } from './redact.ts';

/** Raw replies beyond this are cut, and the call is marked truncated. */
export const UPSTREAM_RAW_CHARACTERS_MAX = 8 * 1024 * 1024;

/**
 * Takes out of a record what its capture mode does not allow, before the record is written anywhere. `none` never gets
 * here: its calls leave no record.
 */
export function captureContent(record: CallRecord, mode: Exclude<CaptureMode, 'none'>): CallRecord {
  const call = { ...record.call, capture: mode };
  switch (mode) {
    case 'full':
      return { ...record, call };
    case 'redacted':
      return {
        ...record,
        call: { ...call, completeness: { ...call.completeness, redacted: true } },
        request: record.request === null ? null : (redactValue(record.request) as CallRecord['request']),
        response: record.response === null ? null : (redactValue(record.response) as CallRecord['response']),
        upstreamRaw: record.upstreamRaw === null ? null : redactText(record.upstreamRaw),
      };
    case 'metadata': {
      const completeness = { ...call.completeness, hasRequest: false, hasResponse: false };
      return { ...record, call: { ...call, completeness }, request: null, response: null, upstreamRaw: null };
    }
    default:
      return mode satisfies never;
  }
}
