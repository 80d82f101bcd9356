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
  /** Changes of what is served, newest first. */
  lastMove(): Promise<{ readonly action: string; readonly actor: string; readonly reason: string } | null>;
  askForRun(): Promise<void>;
  /** What routing would do now and why, for a drill that did not go on. */
  plan(): Promise<unknown>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const PAGE = 200;
const activeSchema = z.looseObject({ stable: z.looseObject({ body: policyBodySchema }) });
const statusSchema = z.looseObject({ alarms: z.looseObject({ watching: z.number() }) });
const eventSchema = z.looseObject({
  action: z.string(),
  actor: z.string(),
  subject: z.string(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()),
});
const clusterSchema = z.looseObject({ clusterId: z.string(), title: z.string(), eventCount: z.number() });
const pageOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ items: z.array(item) });
const MOVES = ['policy.activated', 'policy.rolled_back', 'rollout.promoted'];

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
    lastMove: async () => (await audit()).find((event) => MOVES.includes(event.action)) ?? null,
    plan: () => call(z.unknown(), 'optimizer/plan'),
    askForRun: async () => {
      await call(z.unknown(), 'optimizer/run', { reason: 'the drill does not wait for the night' });
    },
  };
}
