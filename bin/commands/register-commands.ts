import type { Command } from 'commander';
import { registerAudit } from './audit.ts';
import { registerCalls } from './calls.ts';
import type { CommandContext } from './command-context.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerKeys } from './keys.ts';
import { registerOptimize } from './optimize.ts';
import { registerPolicies } from './policies.ts';
import { registerUp } from './up.ts';

/** Every command, in the order in which help shows them. */
export function registerCommands(program: Command, context: CommandContext): void {
  for (const register of [
    registerUp,
    registerDemo,
    registerConfig,
    registerCalls,
    registerPolicies,
    registerOptimize,
    registerKeys,
    registerAudit,
  ])
    register(program, context);
}
