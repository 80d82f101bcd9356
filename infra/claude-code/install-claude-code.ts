import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What the suite was last seen to pass with. */
const VERSION = '2.1.330';
const INSTALL_TIMEOUT_MS = 240_000;

/**
 * Installs the Claude Code command line into a folder of its own and returns the program. It is no dependency of the
 * project: its licence is not ours, and 360 MB are much for a test that most people never run.
 */
export async function installClaudeCode(folder: string): Promise<string> {
  const program = join(folder, 'node_modules', '.bin', 'claude');
  if (existsSync(program)) return program;
  await promisify(execFile)(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefix', folder, `@anthropic-ai/claude-code@${VERSION}`],
    { timeout: INSTALL_TIMEOUT_MS },
  );
  return program;
}
