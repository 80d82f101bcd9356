import * as z from 'zod';
import { policyBodySchema, WEIGHT_TOTAL } from '#shared/domain/policy.ts';

/** What a drill asks the control plane of the system, as any client could. */
export interface SystemView {
  /** Share of the agents' new sessions that the stable policy sends to a model, exploration aside. */
  weightOf(model: string): Promise<number>;
  alarms(): Promise<{ readonly watching: number }>;
  /** Alarms raised so far, oldest first. */
  raised(): Promise<readonly { readonly model: string; readonly reason: string }[]>;
  clusters(): Promise<readonly { readonly clusterId: string; readonly title: string; readonly failures: number }[]>;
  /** Changes of what is served, oldest first. */
  moves(): Promise<readonly Move[]>;
  /** Mean quality of the sessions of the last so many milliseconds, by provider. */
  qualityByProvider(backMs: number): Promise<readonly ProviderQuality[]>;
  askForRun(): Promise<void>;
  /** What routing would do now and why, for a drill that did not go on. */
  plan(): Promise<unknown>;
}

export interface Move {
  readonly sequence: number;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
}

export interface ProviderQuality {
  readonly provider: string;
  readonly quality: number;
  /** Scored sessions. */
  readonly sessions: number;
}

const REQUEST_TIMEOUT_MS = 10_000;
const PAGE = 200;
const activeSchema = z.looseObject({ stable: z.looseObject({ body: policyBodySchema }) });
const statusSchema = z.looseObject({ alarms: z.looseObject({ watching: z.number() }) });
const eventSchema = z.looseObject({
  sequence: z.number(),
  action: z.string(),
  actor: z.string(),
  subject: z.string(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()),
});
const clusterSchema = z.looseObject({ clusterId: z.string(), title: z.string(), eventCount: z.number() });
const pageOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ items: z.array(item) });
const reportSchema = z.looseObject({
  providers: z.array(
    z.looseObject({ name: z.string(), scored: z.number(), quality: z.looseObject({ mean: z.number() }).nullable() }),
  ),
});
const MOVES = ['policy.activated', 'policy.rolled_back', 'rollout.opened', 'rollout.promoted', 'rollout.rolled_back'];

export function lookAtSystem(controlUrl: string, token: string): SystemView {
  const call = async <Body>(schema: z.ZodType<Body>, path: string, body?: unknown): Promise<Body> => {
    const response = await fetch(`${controlUrl}/api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  };
  const audit = async () => (await call(pageOf(eventSchema), `audit?limit=${PAGE}`)).items;
  return {
    async weightOf(model) {
      const { stable } = await call(activeSchema, 'policies/active');
      // What the agents of a drill do has two shapes; the one that the policy changes most tells.
      const shares = stable.body.routes.map((route) =>
        route.targets.filter((target) => target.model === model).reduce((sum, target) => sum + target.weight, 0),
      );
      return Math.min(...shares) / WEIGHT_TOTAL;
    },
    alarms: async () => (await call(statusSchema, 'status')).alarms,
    async raised() {
      const events = (await audit()).filter((event) => event.action === 'alarm.raised');
      // The subject of an alarm is a turn shape and a model.
      return events.map(({ subject, reason }) => ({ model: subject.split(' ')[1] ?? '', reason })).reverse();
    },
    async clusters() {
      const { items } = await call(pageOf(clusterSchema), `clusters?limit=${PAGE}`);
      return items.map(({ clusterId, title, eventCount }) => ({ clusterId, title, failures: eventCount }));
    },
    moves: async () => (await audit()).filter((event) => MOVES.includes(event.action)).reverse(),
    async qualityByProvider(backMs) {
      const { providers } = await call(reportSchema, `report?since=${Math.max(1, Math.round(backMs))}ms`);
      return providers.flatMap(({ name, scored, quality }) =>
        quality === null ? [] : [{ provider: name, quality: quality.mean, sessions: scored }],
      );
    },
    plan: () => call(z.unknown(), 'optimizer/plan'),
    askForRun: async () => {
      await call(z.unknown(), 'optimizer/run', { reason: 'the drill does not wait for the night' });
    },
  };
}
