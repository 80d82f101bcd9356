import type { ClusterStatus } from '#shared/domain/failure-cluster.ts';
import type { RouteExample } from '../api-route.ts';

/** What the documentation shows of each route of clusters; a test holds them to the schemas. */
const CLUSTER_ID = '7d3a91c2-4f0e-4f6b-9a51-0b2f3c6d7e81';
const OTHER_ID = '1f9b6a50-8f3d-4a77-8c1e-5d2a90b7c644';
const TEMPLATE_ID = 'c2a4d0f8-6a1b-4b1e-9f57-3e7d8a90b1c2';
const CALL_ID = '019a9d3c-5b10-7c21-a3f4-5e6d7c8b9a01';
const CHANGE_ID = '5e0c7f1a-2b3d-4c5e-8f90-a1b2c3d4e5f6';
const POLICY_ID = 'b1946ac92492d2347c6235b4d2611184d0e8f1c7a9b3d5e7f90112233445566a';
const SPARKLINE = [0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 3, 1, 0, 0, 2, 0, 4, 6, 5, 7, 4, 6, 3];

const cluster = {
  clusterId: CLUSTER_ID,
  slug: 'args_malformed_json-3fa2c8d1',
  title: 'Tool arguments are not valid JSON: json valid -> invalid (4k-single-edit) on provider azure',
  status: 'escalating',
  statusSince: '2026-11-20T12:04:00.000Z',
  severity: 'fatal',
  stage: 'tool_use',
  check: 'args_malformed_json',
  prefixFixable: true,
  firstSeen: '2026-11-09T08:12:44.120Z',
  lastSeen: '2026-11-20T13:40:02.310Z',
  eventCount: 214,
  sessionCount: 61,
  recentCount: 45,
  trend: 'rising',
  recentRate: 0.021,
  baselineRate: 0.0034,
  assignee: 'ann',
  labels: ['azure'],
} as const;

const call = {
  callId: CALL_ID,
  sessionId: '0b9f6c1e-session',
  scorer: 'args_malformed_json',
  pass: 'call',
  templateId: TEMPLATE_ID,
  provider: 'azure',
  model: 'gpt-5-mini-2025-08-07',
  prefixId: null,
  policyId: POLICY_ID,
  turnShape: '4k-single-edit',
  tool: 'Edit',
  severity: 'fatal',
  happenedAt: '2026-11-20T13:40:02.310Z',
} as const;

const detail = {
  ...cluster,
  nameSource: 'keywords',
  rubric: null,
  suspectedLayer: null,
  statusReason: 'its rate rose above 1.5 times that of the week before',
  resolvedAt: null,
  resolvedByPolicy: null,
  eValue: 1_830.5,
  sparkline: SPARKLINE,
  templates: [
    {
      ...{ templateId: TEMPLATE_ID, turnShape: '4k-single-edit', expectedVsActual: 'json valid -> invalid' },
      ...{ template: 'at char <number>', eventCount: 190, source: 'signature', score: 1, isTentative: false },
    },
  ],
  dimensions: [
    {
      ...{ dimension: 'provider', value: 'azure', events: 199, calls: 9_120, rate: 0.0218 },
      ...{ firstSeen: cluster.firstSeen, lastSeen: cluster.lastSeen },
    },
  ],
  attribution: [
    {
      ...{ dimension: 'provider', value: 'azure', rate: 0.0218, restRate: 0.0011, lift: 18.9, liftLow: 9.7 },
      ...{
        liftHigh: 36.8,
        failureShare: 0.93,
        failingSessions: 55,
        adjustedP: 0.00002,
        inseparableFrom: [],
        within: null,
      },
    },
  ],
  policies: [
    {
      ...{ policyId: POLICY_ID, number: 4, createdAt: '2026-11-18T03:00:12.000Z' },
      ...{ events: 140, calls: 6_200, rate: 0.0226 },
    },
  ],
  claims: [],
  lineage: [
    {
      ...{ operation: 'merge', parentId: OTHER_ID, childId: CLUSTER_ID, eventCount: 24 },
      ...{ actor: 'human:ann', happenedAt: '2026-11-19T09:30:00.000Z' },
    },
  ],
  comments: [],
  examples: [
    {
      ...{ role: 'medoid', callId: CALL_ID, sessionId: call.sessionId, templateId: TEMPLATE_ID },
      ...{ provider: 'azure', model: call.model, happenedAt: call.happenedAt },
    },
  ],
};

const reason = 'seen together in the stand-up';

export const clusterExamples = {
  list: {
    query: 'status=new,escalating&provider=azure&since=2026-11-13T00:00:00Z&sort=recent&limit=20',
    response: {
      items: [{ ...cluster, sparkline: SPARKLINE }],
      nextCursor: null,
      counts: { escalating: 1, new: 3, ongoing: 12, resolved: 5 },
    },
  },
  detail: { response: detail },
  calls: { query: 'provider=azure&limit=20', response: { items: [call], nextCursor: null } },
  merge: { body: { clusterIds: [OTHER_ID], reason }, response: cluster },
  split: { body: { templateIds: [TEMPLATE_ID], name: 'Edits cut off by the token limit', reason }, response: cluster },
  resolve: {
    body: { policyId: POLICY_ID, reason: 'the prefix tells it' },
    response: { ...cluster, status: 'resolved' },
  },
  status: (status: ClusterStatus) => ({ body: { reason }, response: { ...cluster, status } }),
  assign: { body: { assignee: 'ann', reason: 'knows azure' }, response: cluster },
  rename: { body: { name: 'Edits with broken JSON' }, response: { ...cluster, title: 'Edits with broken JSON' } },
  labels: { body: { add: ['azure'], remove: ['untriaged'] }, response: cluster },
  comment: {
    body: { body: 'The vendor has a ticket.' },
    response: {
      ...{ commentId: CHANGE_ID, author: 'human:ann', body: 'The vendor has a ticket.' },
      createdAt: '2026-11-20T13:45:00.000Z',
    },
  },
  claim: { body: { policyId: POLICY_ID, kind: 'prefix' }, response: cluster },
  replay: { body: { replaySet: 'azure-json', callIds: [CALL_ID] }, response: { replaySet: 'azure-json', added: 1 } },
  changes: {
    response: {
      items: [
        {
          ...{ changeId: CHANGE_ID, runId: null, status: 'proposed', movedShare: 0.081, clusters: 41, merges: 1 },
          ...{ splits: 2, createdAt: '2026-11-20T03:00:20.000Z', decidedAt: null, decidedBy: null },
        },
      ],
    },
  },
  decide: {
    body: { changeId: CHANGE_ID, decision: 'apply', reason: 'the split is right' },
    response: { changeId: CHANGE_ID, opened: 2, merges: 1, splits: 2 },
  },
} as const satisfies Record<string, RouteExample | ((status: ClusterStatus) => RouteExample)>;
