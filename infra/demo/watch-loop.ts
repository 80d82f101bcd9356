import type { AuditEvent, ControlApi } from './control-api.ts';
import type { DemoEvent } from './demo-event.ts';

export interface LoopWatch {
  /** What has happened since the last look, oldest first. */
  look(): Promise<readonly DemoEvent[]>;
}

/** Events of a cluster are counted on; it is told once, when it is there. */
export async function createLoopWatch(api: ControlApi, elapsedMs: () => number): Promise<LoopWatch> {
  const known = new Set((await api.clusters()).map((cluster) => cluster.clusterId));
  let sequence = (await api.auditAfter(0)).at(-1)?.sequence ?? 0;
  return {
    async look() {
      const events: DemoEvent[] = [];
      for (const cluster of await api.clusters()) {
        if (known.has(cluster.clusterId)) continue;
        known.add(cluster.clusterId);
        const { clusterId, title, eventCount, sessionCount } = cluster;
        const counts = eventCount === 0 ? 'just seen' : `${eventCount} failures in ${sessionCount} sessions so far`;
        const text = `"${title}": ${counts}`;
        events.push({ type: 'cluster', elapsedMs: elapsedMs(), text, clusterId, details: { title } });
      }
      for (const event of await api.auditAfter(sequence)) {
        sequence = event.sequence;
        const told = await describe(api, event);
        if (told !== null) events.push({ elapsedMs: elapsedMs(), ...told });
      }
      return events;
    },
  };
}

type Told = Omit<DemoEvent, 'elapsedMs'>;

async function describe(api: ControlApi, event: AuditEvent): Promise<Told | null> {
  const describer = DESCRIBERS[event.action];
  return describer === undefined ? null : await describer(api, event);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The fields that every move of the pointer has. */
function moved(event: AuditEvent): Pick<DemoEvent, 'policyId' | 'epoch' | 'rolloutId'> {
  const epoch =
    number(event.details['epoch']) ?? number((event.details['after'] as { epoch?: unknown } | undefined)?.epoch);
  const rolloutId = text(event.details['rolloutId']);
  return {
    policyId: event.subject,
    ...(epoch === undefined ? {} : { epoch }),
    ...(rolloutId === '' ? {} : { rolloutId }),
  };
}

const DESCRIBERS: Readonly<Record<string, (api: ControlApi, event: AuditEvent) => Promise<Told>>> = {
  'policy.proposed': async (api, event) => {
    const policy = await api.policy(event.subject);
    const details = { evidence: policy.evidence };
    return { type: 'proposal', text: `policy v${policy.number}: ${event.reason}`, policyId: event.subject, details };
  },
  'policy.activated': async (_api, event) => ({ type: 'activation', text: event.reason, ...moved(event) }),
  'policy.rolled_back': async (_api, event) => ({ type: 'rollback', text: event.reason, ...moved(event) }),
  'rollout.opened': async (api, event) => {
    const policy = await api.policy(event.subject);
    const share = number(event.details['canaryShare']) ?? 0;
    const ids = moved(event);
    const type = (await isReverse(api, ids.rolloutId)) ? 'reverse_canary' : 'canary';
    const told = `v${policy.number} gets ${Math.round(100 * share)} % of new sessions, as many are its control`;
    return { type, text: told, ...ids };
  },
  'rollout.promoted': async (api, event) => ending(api, event, 'promotion'),
  'rollout.rolled_back': async (api, event) => ending(api, event, 'canary_rolled_back'),
  'rollout.inconclusive': async (api, event) => ending(api, event, 'inconclusive'),
  'alarm.raised': async (_api, event) => ({
    type: 'alarm',
    text: event.reason,
    alarmId: text(event.details['alarmId']),
    policyId: text(event.details['policyId']),
  }),
  'alarm.cleared': async (_api, event) => ({ type: 'alarm_cleared', text: event.reason }),
};

/** A reverse canary tries the policy before; when it wins, the present one is rolled back by it. */
async function ending(api: ControlApi, event: AuditEvent, type: DemoEvent['type']): Promise<Told> {
  const ids = moved(event);
  const rollout = ids.rolloutId === undefined ? null : await api.rollout(ids.rolloutId);
  const outcome = rollout?.kind === 'reverse' && type === 'promotion' ? 'rollback' : type;
  return { type: outcome, text: event.reason, ...ids, details: { evidence: rollout?.evidence ?? null } };
}

async function isReverse(api: ControlApi, rolloutId: string | undefined): Promise<boolean> {
  return rolloutId !== undefined && (await api.rollout(rolloutId)).kind === 'reverse';
}
