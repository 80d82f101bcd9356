import type { Generated } from 'kysely';
import type { GeneratedMoment, Json, Moment } from '../columns.ts';

// Calls, what was said in them, and what became of their records.

export interface BlockTable {
  projectId: string;
  week: string;
  blockKey: Buffer;
  kind: string;
  content: Buffer;
  contentBytes: number;
}

export interface CallTable {
  callId: string;
  projectId: string;
  keyId: string | null;
  developer: string | null;
  repo: string | null;
  sessionId: string;
  sessionSource: string;
  agentId: string | null;
  parentAgentId: string | null;
  parentCallId: string | null;
  source: string;
  startedAt: Moment;
  durationMs: number;
  timeToFirstChunkMs: number | null;
  clientFormat: string;
  upstreamFormat: string | null;
  codecVersion: string;
  provider: string | null;
  requestModel: string;
  responseModel: string | null;
  turnShape: string;
  turnShapeVersion: number;
  policyId: string | null;
  epoch: number | null;
  ruleId: string | null;
  rolloutId: string | null;
  variant: string | null;
  propensity: number | null;
  candidates: Json;
  prefixId: string | null;
  path: string;
  attempts: Json;
  inputTokensEstimate: number;
  costEstimateUsd: number | null;
  status: string;
  stopReason: string | null;
  upstreamStopReason: string | null;
  errorType: string | null;
  inputTokens: number | null;
  cacheReadInputTokens: number | null;
  cacheCreationInputTokens: number | null;
  outputTokens: number | null;
  reasoningOutputTokens: number | null;
  costUsd: number | null;
  priceVersion: string | null;
  losses: Json;
  completeness: Json;
  capture: string;
  parametersBlock: Buffer | null;
  transcriptHead: Buffer | null;
  transcriptLayout: Json | null;
  responseNode: Buffer | null;
  upstreamRawBlock: Buffer | null;
  catalogueHash: Buffer | null;
  toolUseKey: Buffer | null;
  storedAt: GeneratedMoment;
}

export interface ConservationCounterTable {
  projectId: string;
  gatewayId: string;
  name: string;
  value: Generated<number>;
}

export interface DeadLetterTable {
  deadLetterId: string;
  projectId: string;
  queue: string;
  jobId: string;
  callId: string | null;
  reason: string;
  payload: Json;
  createdAt: GeneratedMoment;
  droppedAt: Moment | null;
}

export interface ErasedCallTable {
  callId: string;
  projectId: string;
  source: string;
  responseNode: Buffer | null;
  isSwept: Generated<boolean>;
  erasedAt: GeneratedMoment;
}

export interface ErasureTable {
  sequence: Generated<number>;
  projectId: string;
  kind: string;
  valueHash: Buffer | null;
  startedBefore: Moment;
  requestedAt: GeneratedMoment;
}

export interface ExpiredWeekTable {
  projectId: string;
  week: string;
  what: string;
  rowCount: number;
  expiredAt: GeneratedMoment;
}

export interface GatewayStatusTable {
  projectId: string;
  gatewayId: string;
  epoch: number | null;
  policyId: string | null;
  appliedAt: Moment | null;
  lastError: string | null;
  spoolBytes: Generated<number>;
  spoolPending: Generated<number>;
  seenAt: GeneratedMoment;
}

export interface ServedModelTable {
  projectId: string;
  provider: string;
  model: string;
  served: string;
  fingerprint: Generated<string>;
  firstServedAt: Moment;
  lastServedAt: Moment;
  changedAt: Moment | null;
}

export interface TokenCalibrationTable {
  projectId: string;
  gatewayId: string;
  provider: string;
  model: string;
  state: Json;
  updatedAt: GeneratedMoment;
}

export interface TrafficHourTable {
  projectId: string;
  hour: Moment;
  turnShape: string;
  provider: string;
  model: string;
  prefixId: string;
  policyId: string;
  calls: number;
}

export interface TranscriptNodeTable {
  projectId: string;
  week: string;
  nodeHash: Buffer;
  parentHash: Buffer | null;
  blockKey: Buffer;
  role: string;
  startsMessage: boolean;
  depth: number;
}
