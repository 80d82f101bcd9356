import type { Generated } from 'kysely';
import type { GeneratedJson, GeneratedMoment, Json, Moment } from '../columns.ts';

// Runs of the optimizer, and searches for prefixes.

export interface EvaluationCacheTable {
  projectId: string;
  cacheKey: string;
  value: Json;
  createdAt: GeneratedMoment;
  callId: Generated<string | null>;
}

export interface OptimizerControlTable {
  projectId: string;
  paused: Generated<boolean>;
  pinnedPolicy: string | null;
  actor: string;
  reason: string;
  updatedAt: GeneratedMoment;
}

export interface OptimizerRunTable {
  runId: string;
  projectId: string;
  job: string;
  logicalTime: Moment;
  trigger: string;
  status: string;
  leaseOwner: string | null;
  leaseUntil: Moment | null;
  fence: Generated<number>;
  checkpoint: GeneratedJson;
  summary: GeneratedJson;
  attempt: Generated<number>;
  createdAt: GeneratedMoment;
  startedAt: Moment | null;
  finishedAt: Moment | null;
  progress: GeneratedJson;
}

export interface PromptCandidateTable {
  promptRunId: string;
  projectId: string;
  prefixId: string;
  position: number;
  parents: string[];
  operator: string;
  problem: string | null;
  mean: number | null;
  evaluations: Generated<number>;
}

export interface PromptExpenseTable {
  promptRunId: string;
  projectId: string;
  expenseKey: string;
  kind: string;
  reservedUsd: number;
  spentUsd: number | null;
  createdAt: GeneratedMoment;
}

export interface PromptRowTable {
  promptRunId: string;
  projectId: string;
  callId: string;
  sessionId: string;
  transcriptHead: string;
  split: string;
  failing: boolean;
  facts: Json;
}

export interface PromptRunTable {
  promptRunId: string;
  projectId: string;
  runId: string | null;
  clusterId: string | null;
  optimizer: string;
  status: string;
  seedPrefixId: string | null;
  candidatePrefixId: string | null;
  state: Json;
  result: GeneratedJson;
  costUsd: Generated<number>;
  settings: GeneratedJson;
  plan: GeneratedJson;
  progress: GeneratedJson;
  stepper: string | null;
  tells: Generated<number>;
  budgetUsd: number | null;
  cancelledBy: string | null;
  createdAt: GeneratedMoment;
  updatedAt: GeneratedMoment;
  finishedAt: Moment | null;
}

export interface ReplayTable {
  replayId: string;
  projectId: string;
  promptRunId: string | null;
  callId: string;
  model: string;
  prefixId: string | null;
  scorerSet: string;
  sample: Generated<number>;
  rubric: string | null;
  status: Generated<string>;
  result: Json | null;
  costUsd: Generated<number>;
  createdAt: GeneratedMoment;
  finishedAt: Moment | null;
}

export interface ReplaySetCallTable {
  projectId: string;
  replaySet: string;
  callId: string;
  clusterId: string | null;
  addedBy: string;
  addedAt: GeneratedMoment;
}
