import { captureContent } from '#shared/capture/capture-content.ts';
import type { CallStore } from '#shared/database/call-store.ts';
import type { CaptureMode } from '#shared/domain/call.ts';
import { type ScoreQueue, scoreJobsOf } from '#shared/spool/score-jobs-of.ts';
import type { ScoreLanes } from '#shared/spool/score-lanes.ts';
import { decodeHookRecord } from './decode-hook-record.ts';
import { type HookOrigin, hookToCall } from './hook-to-call.ts';

export interface TakeHookDeps {
  readonly callStore: CallStore;
  readonly queue: ScoreQueue;
  readonly lanes: ScoreLanes;
  /** What of a call's content this project keeps; with `none` a record is checked, and nothing of it is kept. */
  readonly capture: CaptureMode;
}

export interface TakenHookRecord {
  /** The id under which the call is kept here; null where this project keeps no calls. */
  readonly callId: string | null;
  /** False when it had been delivered before. */
  readonly isNew: boolean;
}

/**
 * Stores a call that another gateway reports, and has it scored. Taking the same one again changes nothing.
 *
 * @throws TrimtabError `invalid_request` for a record that can never be taken; errors of the stores pass through
 */
export async function takeHookRecord(
  deps: TakeHookDeps,
  record: unknown,
  origin: HookOrigin,
): Promise<TakenHookRecord> {
  const reported = hookToCall(await decodeHookRecord(record), origin);
  if (deps.capture === 'none') return { callId: null, isNew: false };
  const [stored] = await deps.callStore.store([captureContent(reported, deps.capture)]);
  if (stored === undefined) return { callId: null, isNew: false };
  await deps.queue.addBulk(scoreJobsOf([stored], deps.lanes));
  return { callId: stored.callId, isNew: stored.isNew };
}
