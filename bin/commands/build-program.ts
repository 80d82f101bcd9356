import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { printable } from './print.ts';
import { registerCommands } from './register-commands.ts';
import { errorDocument } from './report-error.ts';

/** All commands, writing where the context says. It throws Commander's own errors after it has told them. */
export function buildProgram(context: CommandContext, options: { readonly json: boolean }): Command {
  const program = new Command('trimtab')
    .description('Eval-driven closed-loop optimizer for LLM gateways')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => {
        const message = printable(text.trim().replace(/^error: /, ''));
        write(options.json ? errorDocument('invalid_request', message) : `trimtab: ${message}\n`);
      },
    })
    .addHelpText(
      'after',
      '\nExamples:\n  trimtab up            start everything on this machine\n  trimtab demo          watch the loop with simulated providers\n  trimtab status        is it doing anything, and if not, why',
    );
  if (!options.json) program.showHelpAfterError('(add --help for usage)');
  registerCommands(program, context);
  return program;
}
