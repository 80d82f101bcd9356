import type { TokenMix } from '../estimation/session-cost.ts';

/** One scored session, as far as routing learns from it. */
export interface CellSession {
  readonly quality: number;
  readonly hardFailure: boolean;
  /** When it was first scored, in Unix milliseconds: the order in which sessions are learned from. */
  readonly atMs: number;
  /** Who caused it, where known. */
  readonly keyId: string | null;
}

/** What the sessions of one turn shape on one model have shown; sessions in the order of their scoring. */
export interface RoutingCell {
  readonly turnShape: string;
  readonly model: string;
  readonly sessions: readonly CellSession[];
  readonly tokens: TokenMix | null;
}

/** An alarm that took a model out of a shape, at a moment in Unix milliseconds. */
export interface RoutingAlarm {
  readonly turnShape: string;
  readonly model: string;
  readonly atMs: number;
}
