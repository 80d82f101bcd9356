import type { Generated } from 'kysely';
import type { GeneratedJson, GeneratedMoment, Json, Moment } from '../columns.ts';

// Policies, which of them is served, and what watches them.

export interface AlarmTable {
  alarmId: string;
  projectId: string;
  turnShape: string;
  model: string;
  policyId: string;
  status: string;
  state: Json;
  evidence: GeneratedJson;
  lastSessionAt: Moment | null;
  armedAt: GeneratedMoment;
  raisedAt: Moment | null;
  demotedAt: Moment | null;
}

export interface PolicyTable {
  projectId: string;
  policyId: string;
  number: number;
  body: Json;
  schemaVersion: number;
  parentId: string | null;
  author: string;
  reason: string;
  evidence: Json;
  risk: string;
  state: Generated<string>;
  createdAt: GeneratedMoment;
  riskClass: Generated<string>;
  changeId: Generated<string>;
}

export interface PolicyApprovalTable {
  projectId: string;
  policyId: string;
  person: string;
  reason: string;
  approvedAt: GeneratedMoment;
}

export interface PolicyCoolOffTable {
  projectId: string;
  changeId: string;
  rollbacks: number;
  until: Moment;
}

export interface PolicyPointerTable {
  projectId: string;
  stable: string;
  canary: string | null;
  epoch: number;
  rolloutId: string | null;
  rolloutOpenedAt: Moment | null;
  salt: string;
  canaryShare: Generated<number>;
  explorationShare: Generated<number>;
  revoked: Generated<string[]>;
  updatedAt: GeneratedMoment;
}

export interface PrefixTable {
  projectId: string;
  prefixId: string;
  body: string;
  parentId: string | null;
  clusterId: string | null;
  author: string;
  createdAt: GeneratedMoment;
}

export interface RolloutTable {
  rolloutId: string;
  projectId: string;
  number: number;
  kind: string;
  candidate: string;
  baseline: string;
  status: string;
  salt: string;
  canaryShare: number;
  settings: Json;
  state: Json;
  evidence: GeneratedJson;
  openedEpoch: number;
  openedAt: GeneratedMoment;
  closedAt: Moment | null;
}

export interface RolloutPairTable {
  rolloutId: string;
  projectId: string;
  stratum: string;
  position: number;
  canarySession: string;
  controlSession: string;
  canaryQuality: number | null;
  controlQuality: number | null;
  createdAt: GeneratedMoment;
  weight: Generated<number>;
}
