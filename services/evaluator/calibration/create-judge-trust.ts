import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { JudgeTrust } from './trusted-scores.ts';

/** How far judges are believed, as the file says; a policy that nobody has to approve asks for more. */
export function createJudgeTrust({ judges, governance }: Pick<TrimtabConfig, 'judges' | 'governance'>): JudgeTrust {
  return {
    always: new Set(judges.filter(({ trust }) => trust === 'always').map(({ model }) => model)),
    isAutomatic: governance.weights === 'automatic' || governance.prefixes === 'automatic',
  };
}
