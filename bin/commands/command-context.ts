import type { Readable, Writable } from 'node:stream';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import type { Environment } from '#shared/environment.ts';

/** What a command may use. Only `main.ts` makes one; a test passes its own. */
export interface CommandContext {
  readonly environment: Environment;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable;
  readonly now: () => number;
  /** Aborted by Ctrl-C: a command stops where nothing is half done. */
  readonly signal: AbortSignal;
  /** The running system's database, or a TrimtabError that says how to start it. Closed when the command ends. */
  readonly database: () => Promise<Database>;
  /** The configuration file, validated; null where there is none, which most commands can do without. */
  readonly config: () => Promise<TrimtabConfig | null>;
  /** `TRIMTAB_PROJECT`, else the project that the configuration file names, else `default`. */
  readonly project: () => Promise<string>;
  /** Ends with exit code 1 although all was printed: what the command looked at is not as it should be. */
  readonly fail: () => void;
}

export interface CommandOptions {
  readonly json?: boolean;
}
