import type { Generated } from 'kysely';
import type { GeneratedJson, GeneratedMoment, Moment } from '../columns.ts';

// Failures, their templates and the clusters that these make.

export interface FailureClusterTable {
  clusterId: string;
  projectId: string;
  slug: string;
  title: string;
  status: string;
  stage: string;
  checkId: string;
  prefixFixable: Generated<boolean>;
  resolvedByPolicy: string | null;
  firstSeen: Moment;
  lastSeen: Moment;
  eventCount: Generated<number>;
  sessionCount: Generated<number>;
  createdAt: GeneratedMoment;
  severity: Generated<string>;
  name: Generated<string>;
  place: Generated<string>;
  nameSource: Generated<string>;
  namedMembers: GeneratedJson;
  rubric: string | null;
  suspectedLayer: string | null;
  exemplars: Generated<string[]>;
  assignee: string | null;
  labels: Generated<string[]>;
  statusSince: GeneratedMoment;
  statusReason: string | null;
  resolvedAt: Moment | null;
  resolvedRate: number | null;
  mergedInto: string | null;
  trend: Generated<string>;
  recentCount: Generated<number>;
  recentRate: number | null;
  baselineRate: number | null;
  eValue: number | null;
  assessedAt: Moment | null;
  attribution: GeneratedJson;
  attributedAt: Moment | null;
  attributedCount: Generated<number>;
}

export interface FailureEventTable {
  projectId: string;
  callId: string;
  scorer: string;
  pass: string;
  templateId: string;
  sessionId: string;
  provider: string | null;
  model: string | null;
  prefixId: string | null;
  policyId: string | null;
  turnShape: string;
  repo: string | null;
  owner: string | null;
  severity: string | null;
  happenedAt: Moment;
  tool: string | null;
}

export interface FailureTemplateTable {
  templateId: string;
  projectId: string;
  signature: string;
  signatureAlgorithm: number;
  stage: string;
  checkId: string;
  turnShape: string;
  expectedVsActual: string;
  template: string;
  eventCount: Generated<number>;
  firstSeen: Moment;
  lastSeen: Moment;
}

export interface TemplateEmbeddingTable {
  templateId: string;
  projectId: string;
  embedder: string;
  embedderVersion: string;
  attachThreshold: number;
  tentativeThreshold: number;
  embedding: number[];
  embeddedAt: GeneratedMoment;
}
