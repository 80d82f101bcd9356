import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertCall, insertSessions, SHAPE } from '#shared/testing/optimizer-fixture.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

const PER_MODEL = 20;
let fixture: CommandFixture;

beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
  const startedAt = new Date(Date.now() - 3_600_000);
  for (let index = 0; index < 2 * PER_MODEL; index += 1) {
    const model = index % 2 === 0 ? 'steady' : 'cheap';
    const at = { project: 'default', index, startedAt: new Date(startedAt.getTime() + index) };
    await insertCall(fixture.database, { ...at, sessionId: `session-${index}`, model });
    await insertSessions(fixture.database, [{ ...at, model, quality: index % 4 < 2 ? 0.9 : 1 }]);
    const costUsd = (model === 'steady' ? 1 : 0.25) + index / 1_000;
    await fixture.database
      .updateTable('session')
      .set({ costUsd })
      .where('sessionId', '=', `session-${index}`)
      .execute();
  }
});
afterAll(() => fixture.close());

describe('trimtab report', () => {
  it('tells cost and quality against the concurrent baseline, by shape and provider', async () => {
    const { stdout, code } = await fixture.run(['report', '--since', '28d', '--baseline', 'v1']);
    expect(code).toBe(0);
    expect(stdout).toContain('40 sessions, $25.78; 40 of them have a concurrent baseline');
    expect(stdout).toMatch(/cost: +-14\.\d\d USD in all \(95 %: -1\d\.\d\d to -1\d\.\d\d\)/);
    expect(stdout).toMatch(new RegExp(`${SHAPE} +40 +0\\.950`));
    expect(stdout).toMatch(/openai +40/);
  });

  it('is one JSON document on request, and refuses a time that is none', async () => {
    const found = (await fixture.run(['report', '--json'])).json() as {
      total: { costDifference: { sessions: number } };
    };
    expect(found.total.costDifference.sessions).toBe(PER_MODEL);
    expect(await fixture.run(['report', '--since', 'lately'])).toMatchObject({ code: 1 });
  });
});
