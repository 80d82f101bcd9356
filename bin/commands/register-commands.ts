import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { registerConfig } from './config.ts';
import { registerUp } from './up.ts';

/** Every command, in the order in which help shows them. */
export function registerCommands(program: Command, context: CommandContext): void {
  for (const register of [registerUp, registerConfig]) register(program, context);
}
