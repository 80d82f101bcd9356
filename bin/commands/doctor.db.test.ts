import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createCallStore } from '#shared/database/call-store.ts';
import { recordDeadLetter } from '#shared/database/dead-letter-store.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import type { Check } from './checks/check.ts';
import { type CommandFixture, createCommandFixture, type RunOptions } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await createCommandFixture();
});
afterEach(() => fixture.close());

/** Stands for the three services, all of them ready. */
let ready: ReturnType<typeof createServer>;
let ports: Record<string, string>;
beforeAll(async () => {
  ready = createServer((_request, response) => response.end('{"status":"ready","checks":{}}'));
  await new Promise<void>((resolve) => ready.listen(0, '127.0.0.1', resolve));
  const port = String((ready.address() as AddressInfo).port);
  ports = { TRIMTAB_GATEWAY_PORT: port, TRIMTAB_OPTIMIZER_PORT: port, TRIMTAB_EVALUATOR_PORT: port };
});
afterAll(() => {
  ready.closeAllConnections();
  ready.close();
});

const reportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({ name: z.string(), ok: z.boolean().nullable(), detail: z.string(), fix: z.string().nullable() }),
  ),
});

async function doctor(options: RunOptions = { variables: ports }) {
  const result = await fixture.run(['doctor', '--json'], options);
  const report = reportSchema.parse(result.json());
  expect(result.code).toBe(report.ok ? 0 : 1);
  const check = (name: string): Check => {
    const found = report.checks.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no check ${name} among ${report.checks.map((each) => each.name)}`);
    return found;
  };
  return { ...report, check };
}

/** What the drainer has written once it has stored these numbers of calls. */
async function count(name: string, value: number): Promise<void> {
  await fixture.database
    .insertInto('conservationCounter')
    .values({ projectId: 'default', gatewayId: 'gateway-1/spool-1', name, value })
    .execute();
}

describe('trimtab doctor', () => {
  it('finds a whole system well, and prints the conservation equation in full', async () => {
    await fixture.run(['migrate']);
    const record = sampleCallRecord();
    await createCallStore(fixture.database).store([record]);
    await count('answered', 3);
    await count('dropped', 2);
    const { ok, checks, check } = await doctor();
    expect(checks.filter((each) => each.ok === false)).toEqual([]);
    expect(ok).toBe(true);
    expect(check('conservation').detail).toBe(
      '3 answered = 0 scored + 1 pending + 0 dead-lettered + 2 dropped + 0 lost before durable',
    );
    expect(check('policy').detail).toBe('v1 is stable at epoch 1, 2 models allowed');
    expect(check('trimtab-score').detail).toBe('PostgreSQL: 0 waiting, 0 active, 0 delayed, 0 failed');
    expect(check('partitions').ok).toBe(true);
    const { stdout } = await fixture.run(['doctor'], { variables: ports });
    expect(stdout).toMatch(/ok +conservation +3 answered = /);
    expect(stdout).toContain('All is well.');
  });

  it('fails when a call is missing from the equation, and when one is counted twice', async () => {
    await fixture.run(['migrate']);
    await count('answered', 1);
    const missing = (await doctor()).check('conservation');
    expect(missing).toMatchObject({ ok: false, detail: expect.stringContaining('wrong by 1 (not accounted for)') });
    await createCallStore(fixture.database).store([sampleCallRecord(), sampleCallRecord()]);
    const twice = (await doctor()).check('conservation');
    expect(twice).toMatchObject({ ok: false, detail: expect.stringContaining('wrong by 1 (counted twice)') });
    expect((await fixture.run(['status'])).stdout).toContain('(counted twice); see trimtab doctor');
  });

  it('finds an audit event that was edited', async () => {
    await fixture.run(['migrate']);
    await sql`ALTER TABLE audit_event DISABLE TRIGGER audit_guard`.execute(fixture.database);
    await sql`UPDATE audit_event SET reason = 'another one' WHERE sequence = 1`.execute(fixture.database);
    expect((await doctor()).check('audit chain')).toMatchObject({
      ok: false,
      detail: 'event 1 was changed after it was written',
    });
    expect(await fixture.run(['audit', 'verify'])).toMatchObject({
      code: 1,
      stdout: 'Event 1 was changed after it was written.\n',
    });
  });

  it('finds a gateway that fell silent with calls to store, which the equation does not show', async () => {
    const status = (gatewayId: string, seenAt: Date) => ({
      ...{ projectId: 'default', gatewayId, epoch: 1, policyId: null, appliedAt: null, lastError: null },
      ...{ spoolBytes: 0, spoolPending: 7, seenAt },
    });
    const hourAgo = new Date(Date.now() - 3_600_000);
    await fixture.database.insertInto('gatewayStatus').values(status('busy', new Date())).execute();
    expect((await doctor()).check('spools').ok).toBe(true);
    await fixture.database.insertInto('gatewayStatus').values(status('gone', hourAgo)).execute();
    const report = await doctor();
    expect(report.check('conservation').ok).toBe(true);
    expect(report.check('spools')).toMatchObject({ ok: false, detail: expect.stringContaining('gone: 7 calls') });
  });

  it('finds dead letters, and says which command shows them', async () => {
    await fixture.run(['migrate']);
    const letter = { projectId: 'default', queue: 'trimtab-score', jobId: 'j', callId: null, reason: 'r', payload: {} };
    await recordDeadLetter(fixture.database, letter, 'test');
    expect((await doctor()).check('dead letters')).toMatchObject({
      ok: false,
      detail: '1 of trimtab-score',
      fix: expect.stringContaining('trimtab dlq list'),
    });
  });

  it('finds services that are down or not ready, and goes on', async () => {
    await fixture.run(['migrate']);
    const halfReady = createServer((_request, response) => {
      response.writeHead(503);
      response.end('{"status":"not_ready","checks":{"database":true,"queue":"no consumer"}}');
    });
    await new Promise<void>((resolve) => halfReady.listen(0, '127.0.0.1', resolve));
    const port = String((halfReady.address() as AddressInfo).port);
    const { check } = await doctor({
      variables: { ...ports, TRIMTAB_EVALUATOR_PORT: port, TRIMTAB_GATEWAY_PORT: undefined },
    });
    halfReady.close();
    expect(check('evaluator')).toMatchObject({ ok: false, detail: expect.stringContaining('queue: no consumer') });
    expect(check('optimizer').ok).toBe(true);
  });

  it('finds a service that works, but not all of it', async () => {
    await fixture.run(['migrate']);
    const full = createServer((_request, response) => {
      response.end('{"status":"degraded","checks":{"policies":true,"spool":{"degraded":"full"}}}');
    });
    await new Promise<void>((resolve) => full.listen(0, '127.0.0.1', resolve));
    const port = String((full.address() as AddressInfo).port);
    const { check } = await doctor({ variables: { ...ports, TRIMTAB_GATEWAY_PORT: port } });
    full.close();
    expect(check('gateway')).toMatchObject({ ok: false, detail: expect.stringMatching(/degraded .*spool: full/) });
  });

  it('says that a schema is old, newer or not there', async () => {
    await sql`DELETE FROM bullmq.migration WHERE version > 1`.execute(fixture.database);
    expect((await doctor()).check('queue schema')).toMatchObject({ ok: false, fix: 'run `trimtab migrate`' });
    await sql`INSERT INTO kysely_migration VALUES ('9999-later', '2026')`.execute(fixture.database);
    expect((await doctor()).check('migrations')).toMatchObject({ ok: false, fix: 'update Trimtab' });
    await sql`DELETE FROM kysely_migration`.execute(fixture.database);
    const { check } = await doctor();
    expect(check('migrations')).toMatchObject({ ok: false, detail: 'the database has no schema yet' });
    expect(check('conservation')).toMatchObject({ ok: null });
  });

  it('looks at what it can without a database, and without a readable configuration', async () => {
    fixture.writeConfig('models: [');
    const { ok, check } = await doctor({ variables: { ...ports, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } });
    expect(ok).toBe(false);
    expect(check('database')).toMatchObject({ ok: false, fix: expect.stringContaining('npm start') });
    expect(check('configuration')).toMatchObject({ ok: false, detail: expect.stringContaining('trimtab.yaml:1') });
    expect(check('audit chain').ok).toBeNull();
    expect(check('gateway').ok).toBe(true);
  });
});
