import type { Generated } from 'kysely';
import type { GeneratedMoment, Json, Moment } from '../columns.ts';

// What is kept of a cluster: members, lineage, counts, and what people said of it.

export interface ClusterAssignmentTable {
  projectId: string;
  templateId: string;
  clusterId: string;
  source: string;
  score: number | null;
  validFrom: GeneratedMoment;
  validTo: Moment | null;
  tentative: Generated<boolean>;
  runId: string | null;
}

export interface ClusterChangeTable {
  changeId: Generated<string>;
  projectId: string;
  runId: string | null;
  status: Generated<string>;
  movedShare: number;
  plan: Json;
  createdAt: GeneratedMoment;
  decidedAt: Moment | null;
  decidedBy: string | null;
}

export interface ClusterClaimTable {
  projectId: string;
  clusterId: string;
  policyId: string;
  kind: string;
  claimedBy: string;
  claimedAt: GeneratedMoment;
}

export interface ClusterCommentTable {
  commentId: Generated<string>;
  projectId: string;
  clusterId: string;
  author: string;
  body: string;
  createdAt: GeneratedMoment;
}

export interface ClusterDimensionTable {
  projectId: string;
  clusterId: string;
  dimension: string;
  value: string;
  events: number;
  firstSeen: Moment;
  lastSeen: Moment;
}

export interface ClusterHourTable {
  projectId: string;
  clusterId: string;
  dimension: string;
  value: string;
  hour: Moment;
  events: number;
}

export interface ClusterLineageTable {
  sequence: Generated<number>;
  projectId: string;
  parentId: string;
  childId: string;
  operation: string;
  eventCount: number;
  actor: string;
  runId: string | null;
  happenedAt: GeneratedMoment;
}

export interface ClusterNameTable {
  projectId: string;
  memberHash: string;
  clusterId: string;
  model: string;
  name: string;
  rubric: string;
  suspectedLayer: string;
  createdAt: GeneratedMoment;
}

export interface ClusterPinTable {
  sequence: Generated<number>;
  projectId: string;
  kind: string;
  templateId: string;
  otherTemplateId: string;
  actor: string;
  createdAt: GeneratedMoment;
}

export interface ClusterSessionTable {
  projectId: string;
  clusterId: string;
  sessionId: string;
  events: number;
  firstAt: Moment;
  lastAt: Moment;
}
