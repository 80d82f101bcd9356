import { type Governance, governanceSchema } from '../domain/governance.ts';
import type { TrimtabConfig } from './config-schema.ts';

/** The governance that a configuration file states: what the database stores as a version with author `file:`. */
export function governanceOf(config: TrimtabConfig): Governance {
  const { rollout, session, coolOff, escalation, latency, ...rest } = config.governance;
  const { failures, window, cacheLossMaxUsd } = escalation;
  return governanceSchema.parse({
    ...rest,
    models: config.models.map(({ id, provider, aliases, price, features }) => {
      const { region, location } = config.providers[provider] ?? {};
      return { id, provider, aliases, price, features, region: region ?? location };
    }),
    coolOffMs: coolOff,
    latency: latency.p95Max === undefined ? {} : { p95MaxMs: latency.p95Max },
    escalation: { failures, windowMs: window, cacheLossMaxUsd },
    rollout: {
      canary: rollout.canary,
      minSessions: rollout.minSessions,
      minDurationMs: rollout.minDuration,
      watermarkMs: rollout.watermark,
      maxSessions: rollout.maxSessions,
      maxDurationMs: rollout.maxDuration,
    },
    session: { idleMs: session.idle, openMaxMs: session.openMax },
  });
}
