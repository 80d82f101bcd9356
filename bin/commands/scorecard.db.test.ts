import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonText } from '#shared/database/columns.ts';
import { insertCall, insertFailure, insertSessions } from '#shared/testing/optimizer-fixture.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
  const startedAt = new Date(Date.now() - 60_000);
  await insertSessions(fixture.database, [{ project: 'default', index: 1, startedAt, quality: 0.5 }]);
  for (const [index, value] of [1, 1, 0].entries()) {
    const callId = await insertCall(fixture.database, {
      ...{ project: 'default', index, startedAt, sessionId: `session-${index}` },
    });
    await fixture.database
      .insertInto('score')
      .values({
        ...{ projectId: 'default', callId, subjectType: 'call', subjectId: callId, scorer: 'toolUse', pass: 'call' },
        ...{ scorerVersion: '1', metric: 'toolUse', status: 'scored', outcome: value === 1 ? 'pass' : 'fail', value },
        evidence: jsonText([]),
      })
      .execute();
    if (value === 0) {
      const failure = { project: 'default', callId, scorer: 'unknown_tool', owner: 'provider', explanation: 'x | y' };
      await insertFailure(fixture.database, failure);
    }
  }
});
afterAll(() => fixture.close());

describe('trimtab scorecard', () => {
  it('says how often tools were used well, with an interval and the faults', async () => {
    const { stdout } = await fixture.run(['scorecard']);
    expect(stdout).toMatch(
      /openai\s+steady\s+66\.7 %\s+\d+\.\d % to \d+\.\d %\s+3\s+3\s+0\s+-\s+-\s+unknown_tool 33\.3 %/,
    );
  });

  it('prints the same as JSON, and as a table for a page that says how it was counted', async () => {
    const card = JSON.parse((await fixture.run(['scorecard', '--json', '--since', '2026-01-01'])).stdout);
    expect(card.rows).toMatchObject([{ provider: 'openai', model: 'steady', toolUse: { n: 3, sessions: 3 } }]);
    const page = (await fixture.run(['scorecard', '--markdown'])).stdout;
    expect(page).toContain('| openai | steady | 66.7 % |');
    expect(page).toContain('clustered by session');
  });

  it('refuses a moment that is none, or is not past', async () => {
    for (const since of ['yesterday-ish', '2999-01-01']) {
      expect((await fixture.run(['scorecard', '--since', since])).code).not.toBe(0);
    }
  });
});

describe('trimtab scores session', () => {
  it('shows a session, and says when there is none', async () => {
    expect((await fixture.run(['scores', 'session', 'session-1'])).stdout).toContain('session-1: quality 0.5');
    expect((await fixture.run(['scores', 'session', 'nowhere'])).stderr).toContain('there is no session nowhere');
  });
});
