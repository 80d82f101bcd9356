import type { Generated } from 'kysely';
import type { GeneratedMoment, Json, Moment } from '../columns.ts';

// What people alone decide, who may call, and who is told.

export interface AllowedModelTable {
  projectId: string;
  model: string;
  provider: string;
  aliases: Generated<string[]>;
  governanceVersion: number;
  region: string | null;
  features: string[] | null;
}

export interface AuditEventTable {
  sequence: Generated<number>;
  projectId: string;
  action: string;
  actor: string;
  subject: string;
  reason: string;
  details: Json;
  happenedAt: Moment;
  previousHash: string;
  hash: string;
}

export interface GovernanceTable {
  projectId: string;
  version: number;
  body: Json;
  bodyHash: string;
  author: string;
  createdAt: GeneratedMoment;
}

export interface PriceTable {
  projectId: string;
  model: string;
  priceVersion: string;
  inputPerMillion: number;
  outputPerMillion: number;
  cacheReadPerMillion: number;
  cacheWritePerMillion: number;
  validFrom: GeneratedMoment;
}

export interface ProjectTable {
  projectId: string;
  blockKey: Buffer;
  createdAt: GeneratedMoment;
}

export interface VirtualKeyTable {
  keyId: string;
  projectId: string;
  name: string;
  prefix: string;
  hash: Buffer;
  developer: string | null;
  repo: string | null;
  team: string | null;
  createdAt: GeneratedMoment;
  expiresAt: Moment | null;
  revokedAt: Moment | null;
}

export interface WebhookDeliveryTable {
  deliveryId: Generated<string>;
  eventId: string;
  projectId: string;
  webhook: string;
  status: Generated<string>;
  attempts: Generated<number>;
  nextAttemptAt: Moment;
  answerStatus: number | null;
  problem: string | null;
  finishedAt: Moment | null;
}

export interface WebhookEventTable {
  eventId: Generated<string>;
  projectId: string;
  type: string;
  subject: string;
  deduplicationKey: string;
  severity: string;
  title: string;
  data: Json;
  happenedAt: Moment;
  createdAt: GeneratedMoment;
  fannedOutAt: Moment | null;
}
