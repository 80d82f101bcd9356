import type { Writable } from 'node:stream';
import { TrimtabError } from '#shared/errors.ts';
import { printableText } from './print.ts';

export const EXIT_FAILED = 1;

/** One error, told once: its text for a person, its code too for a program. Returns the exit code. */
export function reportError(
  error: unknown,
  stderr: Writable,
  options: { readonly json: boolean; readonly stack?: boolean },
): number {
  const code = error instanceof TrimtabError ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(options.json ? errorDocument(code, message) : `trimtab: ${printableText(message)}\n`);
  if (code === 'internal' && options.stack === true && error instanceof Error) {
    stderr.write(`${printableText(error.stack ?? '')}\n`);
  }
  return EXIT_FAILED;
}

/** An error as `--json` prints it. */
export function errorDocument(code: string, message: string): string {
  return `${JSON.stringify({ error: { code, message } })}\n`;
}
