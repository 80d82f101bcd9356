import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { importGovernance } from '#shared/database/governance-store.ts';

export interface PrepareInput {
  readonly databaseUrl: string;
  readonly config: TrimtabConfig;
  readonly configPath: string;
}

/**
 * What must be true of the database before any service starts: the configuration file is in it as governance.
 * Returns what the person at the terminal should know.
 */
export async function prepareSystem(input: PrepareInput): Promise<readonly string[]> {
  const pool = createPool({ connectionString: input.databaseUrl, role: 'admin', poolMax: 1 });
  try {
    const result = await importGovernance(createDatabase(pool), input.config, `file:${input.configPath}`);
    const notes: string[] = [];
    if (result.changed) notes.push(`Governance v${result.version} imported from ${input.configPath}.`);
    if (result.seededPolicyId !== undefined) notes.push('The routes of the file are policy v1, and it is active.');
    if (result.proposalId !== undefined) {
      const short = result.proposalId.slice(0, 12);
      notes.push(
        `The routes of the file differ from the active policy: they are a proposal now (${short}).`,
        `  See it:      trimtab policies diff ${short}`,
        `  Activate it: trimtab policies activate ${short}`,
      );
    }
    if (input.config.judges.length === 0) notes.push('No judge is configured: only deterministic scorers run.');
    return notes;
  } finally {
    await pool.end();
  }
}
