import type { TurnShape } from '#shared/domain/turn-shape.ts';
import type { Canonical } from '#shared/formats/canonical.ts';
import type { ClientFormat } from '#shared/formats/format.ts';
import type { Loss } from '#shared/formats/loss.ts';
import type { TargetChoice } from '#shared/routing/choose-target.ts';
import type { Identity } from './access/identity.ts';
import type { CallContent } from './decode-call.ts';
import type { RequestHeaders } from './session-id.ts';
import type { FoundSession } from './session-memory.ts';
import type { SessionPin } from './session-pins.ts';

/** A call as it came in. */
export interface IncomingCall {
  readonly callId: string;
  readonly startedAtMs: number;
  readonly clientFormat: ClientFormat;
  readonly headers: RequestHeaders;
  readonly remoteAddress: string | undefined;
  readonly identity: Identity;
  readonly bytes: Buffer;
}

/** Milliseconds since a call came in; 0 when the clock was set back meanwhile. */
export function elapsedMs(now: () => number, incoming: Pick<IncomingCall, 'startedAtMs'>): number {
  return Math.max(0, now() - incoming.startedAtMs);
}

/** A call that is going to an upstream, with everything that was decided about it. */
export interface RoutedCall extends CallContent {
  readonly incoming: IncomingCall;
  readonly session: FoundSession;
  readonly turnShape: TurnShape;
  /** Made of the size alone, so that every replica comes to the same turn shape. */
  readonly rawTokensEstimate: number;
  /** The same as the target would count it, by what was learned of it. */
  readonly inputTokensEstimate: number;
  readonly pin: SessionPin;
  readonly epoch: number;
  readonly choice: TargetChoice;
  /** What upstreams are sent that do not run the tools of the request themselves. */
  readonly translation?: { readonly canonical: Canonical; readonly losses: readonly Loss[] };
}
