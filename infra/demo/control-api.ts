import * as z from 'zod';

const eventSchema = z.looseObject({
  sequence: z.number(),
  action: z.string(),
  actor: z.string(),
  subject: z.string(),
  reason: z.string(),
  happenedAt: z.string(),
  details: z.record(z.string(), z.unknown()),
});
const clusterSchema = z.looseObject({
  clusterId: z.string(),
  title: z.string(),
  eventCount: z.number(),
  sessionCount: z.number(),
});
const policySchema = z.looseObject({
  policyId: z.string(),
  number: z.number(),
  serving: z.string(),
  author: z.string(),
  reason: z.string(),
  evidence: z.unknown(),
});
const rolloutSchema = z.looseObject({
  rolloutId: z.string(),
  kind: z.string(),
  status: z.string(),
  candidate: z.string(),
  openedEpoch: z.number(),
  evidence: z.unknown(),
});
const pageOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ items: z.array(item) });
const runSchema = z.looseObject({ runId: z.string(), status: z.string(), summary: z.record(z.string(), z.unknown()) });

export type AuditEvent = z.infer<typeof eventSchema>;
export type ClusterRow = z.infer<typeof clusterSchema>;
export type PolicyRow = z.infer<typeof policySchema>;
export type RolloutRow = z.infer<typeof rolloutSchema>;
export type RunRow = z.infer<typeof runSchema>;

/** The control plane as any client sees it: HTTP, a bearer token, JSON. */
export interface ControlApi {
  /** Newest last. */
  auditAfter(sequence: number): Promise<readonly AuditEvent[]>;
  clusters(): Promise<readonly ClusterRow[]>;
  policy(policyId: string): Promise<PolicyRow>;
  policies(): Promise<readonly PolicyRow[]>;
  rollout(rolloutId: string): Promise<RolloutRow>;
  rollouts(): Promise<readonly RolloutRow[]>;
  runs(): Promise<readonly RunRow[]>;
  requestRun(reason: string): Promise<RunRow>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const PAGE = 100;

export function createControlApi(baseUrl: string, token: string): ControlApi {
  const call = async <Body>(schema: z.ZodType<Body>, path: string, body?: unknown): Promise<Body> => {
    const response = await fetch(`${baseUrl}/api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  };
  return {
    auditAfter: async (sequence) => {
      const { items } = await call(pageOf(eventSchema), `audit?limit=${PAGE}`);
      return items.filter((event) => event.sequence > sequence).reverse();
    },
    clusters: async () => (await call(pageOf(clusterSchema), `clusters?limit=${PAGE}`)).items,
    policy: (policyId) => call(policySchema, `policies/${policyId}`),
    policies: async () =>
      (await call(pageOf(policySchema.omit({ evidence: true })), `policies?limit=${PAGE}`)).items as PolicyRow[],
    rollout: (rolloutId) => call(rolloutSchema, `rollouts/${rolloutId}`),
    rollouts: async () => (await call(pageOf(rolloutSchema), `rollouts?limit=${PAGE}`)).items,
    runs: async () => (await call(pageOf(runSchema), `runs?limit=${PAGE}`)).items,
    requestRun: (reason) => call(runSchema, 'optimizer/run', { reason }),
  };
}
