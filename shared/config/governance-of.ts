import { type Governance, governanceSchema } from '../domain/governance.ts';
import type { TrimtabConfig } from './config-schema.ts';

/** The governance that a configuration file states: what the database stores as a version with author `file:`. */
export function governanceOf(config: TrimtabConfig): Governance {
  const { rollout, session, ...rest } = config.governance;
  return governanceSchema.parse({
    ...rest,
    models: config.models.map(({ id, provider, aliases, price }) => ({ id, provider, aliases, price })),
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
