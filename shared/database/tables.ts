import type { Generated } from 'kysely';
import type { GeneratedJson, GeneratedMoment, Json, Moment } from './columns.ts';

/**
 * The tables as Kysely sees them: camelCase here, snake_case in SQL. Written by hand and held to the database's own
 * `information_schema` by a test.
 */
export interface Tables {
  alarm: AlarmTable;
  allowedModel: AllowedModelTable;
  auditEvent: AuditEventTable;
  block: BlockTable;
  call: CallTable;
  clusterAssignment: ClusterAssignmentTable;
  clusterChange: ClusterChangeTable;
  clusterClaim: ClusterClaimTable;
  clusterComment: ClusterCommentTable;
  clusterDimension: ClusterDimensionTable;
  clusterHour: ClusterHourTable;
  clusterLineage: ClusterLineageTable;
  clusterName: ClusterNameTable;
  clusterPin: ClusterPinTable;
  clusterSession: ClusterSessionTable;
  replaySetCall: ReplaySetCallTable;
  templateEmbedding: TemplateEmbeddingTable;
  trafficHour: TrafficHourTable;
  conservationCounter: ConservationCounterTable;
  deadLetter: DeadLetterTable;
  erasedCall: ErasedCallTable;
  erasure: ErasureTable;
  evaluationCache: EvaluationCacheTable;
  expiredWeek: ExpiredWeekTable;
  failureCluster: FailureClusterTable;
  failureEvent: FailureEventTable;
  failureTemplate: FailureTemplateTable;
  gatewayStatus: GatewayStatusTable;
  governance: GovernanceTable;
  judgePace: JudgePaceTable;
  judgeAnchor: JudgeAnchorTable;
  judgeAnchorVerdict: JudgeAnchorVerdictTable;
  judgeCalibration: JudgeCalibrationTable;
  judgeDrift: JudgeDriftTable;
  judgeSkip: JudgeSkipTable;
  judgeSpend: JudgeSpendTable;
  label: LabelTable;
  optimizerControl: OptimizerControlTable;
  optimizerRun: OptimizerRunTable;
  policy: PolicyTable;
  policyApproval: PolicyApprovalTable;
  policyCoolOff: PolicyCoolOffTable;
  policyPointer: PolicyPointerTable;
  prefix: PrefixTable;
  price: PriceTable;
  project: ProjectTable;
  promptCandidate: PromptCandidateTable;
  promptExpense: PromptExpenseTable;
  promptRow: PromptRowTable;
  promptRun: PromptRunTable;
  replay: ReplayTable;
  rollout: RolloutTable;
  rolloutPair: RolloutPairTable;
  score: ScoreTable;
  scoringRun: ScoringRunTable;
  servedModel: ServedModelTable;
  session: SessionTable;
  sessionFailure: SessionFailureTable;
  sessionEffort: SessionEffortTable;
  tokenCalibration: TokenCalibrationTable;
  transcriptNode: TranscriptNodeTable;
  triageModel: TriageModelTable;
  virtualKey: VirtualKeyTable;
  webhookDelivery: WebhookDeliveryTable;
  webhookEvent: WebhookEventTable;
}

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

export interface EvaluationCacheTable {
  projectId: string;
  cacheKey: string;
  value: Json;
  createdAt: GeneratedMoment;
  callId: Generated<string | null>;
}

export interface ExpiredWeekTable {
  projectId: string;
  week: string;
  what: string;
  rowCount: number;
  expiredAt: GeneratedMoment;
}

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

export interface GovernanceTable {
  projectId: string;
  version: number;
  body: Json;
  bodyHash: string;
  author: string;
  createdAt: GeneratedMoment;
}

export interface JudgeAnchorTable {
  projectId: string;
  rubric: string;
  subjectType: string;
  subjectId: string;
  callId: string;
  sessionId: string;
  passed: boolean;
  addedAt: GeneratedMoment;
}

export interface JudgeAnchorVerdictTable {
  projectId: string;
  night: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  subjectType: string;
  subjectId: string;
  callId: string;
  sessionId: string;
  passed: boolean | null;
  agrees: boolean | null;
  flipped: boolean | null;
}

export interface JudgeCalibrationTable {
  projectId: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  map: Json;
  agreement: Json;
  gatePassed: boolean;
  gateReason: string | null;
  labels: number;
  fittedAt: Moment;
}

export interface JudgeDriftTable {
  projectId: string;
  rubric: string;
  rubricVersion: string;
  judge: string;
  state: Json;
  level: number;
  anchors: number;
  disagreed: number;
  flipped: number;
  compared: number;
  night: string;
  alarmAt: Moment | null;
}

export interface JudgeSkipTable {
  projectId: string;
  callId: string;
  rubric: string;
  reason: string;
  samplingProbability: number;
}

export interface JudgeSpendTable {
  projectId: string;
  day: string;
  judge: string;
  reservedUsd: Generated<number>;
  spentUsd: Generated<number>;
  calls: Generated<number>;
  errors: Generated<number>;
  repairs: Generated<number>;
  canaryMisses: Generated<number>;
  rateLimited: Generated<number>;
  otherModel: Generated<number>;
  unusable: Generated<number>;
}

export interface JudgePaceTable {
  projectId: string;
  judge: string;
  minute: Moment;
  requests: number;
  closedUntil: Moment | null;
}

export interface LabelTable {
  projectId: string;
  subjectType: string;
  subjectId: string;
  metric: string;
  labeller: string;
  callId: string;
  sessionId: string;
  passed: boolean;
  note: string | null;
  features: Json | null;
  createdAt: GeneratedMoment;
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

export interface ScoreTable {
  projectId: string;
  callId: string;
  subjectType: string;
  subjectId: string;
  scorer: string;
  scorerVersion: string;
  pass: string;
  sample: Generated<number>;
  metric: string;
  status: string;
  outcome: string;
  value: number | null;
  owner: string | null;
  severity: string | null;
  confidence: number | null;
  samplingProbability: Generated<number>;
  evidence: Json;
  explanation: string | null;
  judge: Json | null;
  costUsd: Generated<number>;
  createdAt: GeneratedMoment;
}

export interface ScoringRunTable {
  projectId: string;
  callId: string;
  scorerSet: string;
  pass: string;
  passed: Buffer;
  notApplicable: Buffer;
  scoredAt: GeneratedMoment;
  final: Generated<boolean>;
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

export interface TriageModelTable {
  projectId: string;
  model: Json;
  fittedAt: Moment;
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
