import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, runStatement } from '#shared/testing/test-database.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
const name = `trimtab_empty_${process.pid}`;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await runStatement(fixture.connectionString, `create database ${name}`);
});
afterAll(async () => {
  await runStatement(fixture.connectionString, `drop database if exists ${name} with (force)`);
  await fixture.close();
});

describe('trimtab migrate', () => {
  it('makes the schema of an empty database and imports the configuration, once', async () => {
    const variables = { DATABASE_URL: addressOf(fixture.connectionString, name) };
    const first = await fixture.run(['migrate'], { variables });
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Applied 0001-first');
    expect(first.stdout).toContain('Governance v1 imported');
    expect(first.stdout).toContain('policy v1, and it is active');
    const again = await fixture.run(['migrate', '--json'], { variables });
    expect(again.json()).toEqual({ applied: [], notes: ['No judge is configured: only deterministic scorers run.'] });
    expect((await fixture.run(['policies', 'list'], { variables })).stdout).toMatch(/v1 +stable/);
  });

  it('imports into the project that the environment names', async () => {
    const variables = { TRIMTAB_PROJECT: 'other' };
    await fixture.run(['migrate'], { variables });
    expect((await fixture.run(['status', '--json'], { variables })).json()).toMatchObject({
      projectId: 'other',
      pointer: { stableNumber: 1 },
    });
  });

  it('migrates without a configuration, and says that nothing was imported', async () => {
    const { code, stdout } = await fixture.run(['migrate'], { variables: { TRIMTAB_CONFIG: '/nowhere/trimtab.yaml' } });
    expect(code).toBe(0);
    expect(stdout).toContain('There is no /nowhere/trimtab.yaml, so no governance was imported.');
  });
});
