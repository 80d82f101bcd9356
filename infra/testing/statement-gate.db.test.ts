import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '#shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createStatementGate } from './statement-gate.ts';

let store: TestDatabase;

beforeAll(async () => {
  store = await createTestDatabase();
  const pool = createPool({ connectionString: store.connectionString, role: 'owner', poolMax: 1 });
  await pool.query('create table note (text text)');
  await pool.end();
});
afterAll(async () => {
  await store.drop();
});

async function openGate() {
  const url = new URL(store.connectionString);
  const gate = await createStatementGate({ port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(gate.port);
  const pool = createPool({ connectionString: url.href, role: 'owner', poolMax: 2 });
  const direct = createPool({ connectionString: store.connectionString, role: 'owner', poolMax: 1 });
  const notes = async (): Promise<string[]> =>
    (await direct.query<{ text: string }>('select text from note order by text')).rows.map(({ text }) => text);
  return { gate, pool, notes, end: () => Promise.all([direct.end(), gate.close()]) };
}

describe('a gate between a process and PostgreSQL', () => {
  it('lets statements through and knows their parameters', async () => {
    const { gate, pool, notes, end } = await openGate();
    await pool.query('insert into note values ($1)', ['through']);
    expect(gate.passed).toContainEqual({ sql: 'insert into note values ($1)', parameters: ['through'] });
    expect(await notes()).toEqual(['through']);
    await pool.end();
    await end();
  });

  it('stops all connections before a statement, which arrives late though its client is dead', async () => {
    const { gate, pool, notes, end } = await openGate();
    const shut = gate.shutAt(({ parameters }) => parameters.includes('late'));
    const [dying, other] = [await pool.connect(), await pool.connect()];
    for (const client of [dying, other]) client.on('error', () => {});
    const late = dying.query('insert into note values ($1)', ['late']).catch(() => 'cut');
    const held = await shut;
    const others = other.query("insert into note values ('other')").catch(() => 'cut');
    expect(await notes()).not.toContain('late');
    for (const client of [dying, other]) client.release(new Error('the process was killed'));
    expect(await Promise.all([late, others])).toEqual(['cut', 'cut']);
    expect(await held.letThrough()).toBe('INSERT 0 1');
    expect(await notes()).toContain('late');
    expect(await notes()).not.toContain('other');
    await pool.end();
    await end();
  });

  it('stops after a statement that its client does not hear of before the gate is open', async () => {
    const { gate, pool, notes, end } = await openGate();
    const shut = gate.shutAt(({ sql }) => sql.includes('unheard'), 'after');
    let hasHeard = false;
    const heard = pool.query("insert into note values ('unheard')").then(() => {
      hasHeard = true;
    });
    expect(await (await shut).letThrough()).toBe('INSERT 0 1');
    expect(await notes()).toContain('unheard');
    expect(hasHeard).toBe(false);
    gate.open();
    await heard;
    await pool.end();
    await end();
  });
});
