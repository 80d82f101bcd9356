import type { CommandContext } from '../command-context.ts';
import { readServices } from '../read-services.ts';
import { type Check, failed, passed } from './check.ts';

/** Gateway, optimizer and evaluator of this machine. */
export async function checkServices(context: CommandContext): Promise<readonly Check[]> {
  const services = await readServices(context.environment, context.signal);
  return services.map(({ name, address, state, reasons }) => {
    if (state === 'ready') return passed(name, `ready at ${address}`);
    if (state === 'not_ready' || state === 'degraded') {
      return failed(
        name,
        `${state.replace('_', ' ')} at ${address}: ${reasons.join('; ')}`,
        'look at its log; it mends itself when the cause is gone',
      );
    }
    const fix = `start it with \`npm start\` (or \`trimtab ${name}\`); if it listens elsewhere, set TRIMTAB_${name.toUpperCase()}_PORT here too`;
    return failed(name, `nothing answers at ${address}: ${reasons.join('; ')}`, fix);
  });
}
