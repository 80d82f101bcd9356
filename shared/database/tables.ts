import type {
  BlockTable,
  CallTable,
  ConservationCounterTable,
  DeadLetterTable,
  ErasedCallTable,
  ErasureTable,
  ExpiredWeekTable,
  GatewayStatusTable,
  ServedModelTable,
  TokenCalibrationTable,
  TrafficHourTable,
  TranscriptNodeTable,
} from './tables/call-tables.ts';
import type {
  ClusterAssignmentTable,
  ClusterChangeTable,
  ClusterClaimTable,
  ClusterCommentTable,
  ClusterDimensionTable,
  ClusterHourTable,
  ClusterLineageTable,
  ClusterNameTable,
  ClusterPinTable,
  ClusterSessionTable,
} from './tables/cluster-tables.ts';
import type {
  FailureClusterTable,
  FailureEventTable,
  FailureTemplateTable,
  TemplateEmbeddingTable,
} from './tables/failure-tables.ts';
import type {
  AllowedModelTable,
  AuditEventTable,
  GovernanceTable,
  PriceTable,
  ProjectTable,
  VirtualKeyTable,
  WebhookDeliveryTable,
  WebhookEventTable,
} from './tables/governance-tables.ts';
import type {
  JudgeAnchorTable,
  JudgeAnchorVerdictTable,
  JudgeCalibrationTable,
  JudgeDriftTable,
  JudgePaceTable,
  JudgeSkipTable,
  JudgeSpendTable,
} from './tables/judge-tables.ts';
import type {
  AlarmTable,
  PolicyApprovalTable,
  PolicyCoolOffTable,
  PolicyPointerTable,
  PolicyTable,
  PrefixTable,
  RolloutPairTable,
  RolloutTable,
} from './tables/policy-tables.ts';
import type {
  EvaluationCacheTable,
  OptimizerControlTable,
  OptimizerRunTable,
  PromptCandidateTable,
  PromptExpenseTable,
  PromptRowTable,
  PromptRunTable,
  ReplaySetCallTable,
  ReplayTable,
} from './tables/run-tables.ts';
import type { LabelTable, ScoreTable, ScoringRunTable, TriageModelTable } from './tables/score-tables.ts';
import type { SessionEffortTable, SessionFailureTable, SessionTable } from './tables/session-tables.ts';

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
