import type { Generated } from 'kysely';
import type { GeneratedMoment, Moment } from '../columns.ts';

// Sessions, the unit of all statistics.

export interface SessionFailureTable {
  projectId: string;
  sessionId: string;
  callId: string;
  failedAt: GeneratedMoment;
}

export interface SessionTable {
  projectId: string;
  sessionId: string;
  source: string;
  firstCallId: string;
  /** Null in sessions from before it was written down: the first call. */
  mainCallId: string | null;
  lastCallId: string;
  startedAt: Moment;
  lastCallAt: Moment;
  keyId: string | null;
  developer: string | null;
  repo: string | null;
  turnShape: string;
  model: string | null;
  provider: string | null;
  policyId: string | null;
  epoch: number | null;
  rolloutId: string | null;
  variant: string | null;
  callCount: Generated<number>;
  costUsd: Generated<number>;
  quality: number | null;
  qualityAt: Moment | null;
  firstScoredAt: Moment | null;
  hardFailure: Generated<boolean>;
  closedAt: Moment | null;
  qualityUnbounded: number | null;
  qualityLow: number | null;
  qualityHigh: number | null;
  qualityByRule: number | null;
  judgedBy: Generated<string[]>;
}

export interface SessionEffortTable {
  projectId: string;
  sessionId: string;
  agentId: Generated<string>;
  parentAgentId: string | null;
  turnShape: string;
  calls: number;
  tokens: number;
  redundantReads: number;
  repeatedCalls: number;
  failedCalls: number;
  wastedCalls: number;
  measuredAt: GeneratedMoment;
}
