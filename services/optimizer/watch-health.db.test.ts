import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { insertCall, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { openOptimizerStore } from './testing/optimizer-store.ts';
import { watchHealth } from './watch-health.ts';

const { owner, optimizer } = await openOptimizerStore();

const eventsOf = async (project: string) =>
  (
    await owner.selectFrom('webhookEvent').selectAll().where('projectId', '=', project).orderBy('happenedAt').execute()
  ).map(({ type, subject }) => `${type} ${subject}`);

describe('the watch over health', () => {
  it('tells once of a gateway that is up and does not take the policy over', async () => {
    const project = 'stale';
    await seedProject(owner, project);
    const status = (gateway: string, epoch: number, seen: string) =>
      sql`
      INSERT INTO gateway_status (project_id, gateway_id, epoch, seen_at)
      VALUES (${project}, ${gateway}, ${epoch}, now() - ${seen}::interval)`.execute(owner);
    await status('behind', 0, '1 second');
    await status('current', 1, '1 second');
    await status('gone', 0, '1 hour');
    const look = () => watchHealth({ database: optimizer, now: Date.now }, project);
    await look();
    expect(await eventsOf(project)).toEqual([]);
    await sql`ALTER TABLE policy_pointer DISABLE TRIGGER USER`.execute(owner);
    await sql`UPDATE policy_pointer SET updated_at = now() - interval '2 minutes' WHERE project_id = ${project}`.execute(
      owner,
    );
    await sql`ALTER TABLE policy_pointer ENABLE TRIGGER USER`.execute(owner);
    await look();
    await look();
    expect(await eventsOf(project)).toEqual(['policy.stale behind']);
  });

  it('tells once of a judge that only fails, and once that it is back', async () => {
    const project = 'judges';
    await seedProject(owner, project);
    let count = 0;
    const judged = async (status: 'judge_error' | 'scored') => {
      count += 1;
      const at = { project, index: count, startedAt: new Date(Date.now() - 60_000 + count), sessionId: 's' };
      const callId = await insertCall(owner, at);
      const judge = JSON.stringify({ model: 'judge-1', promptHash: 'x' });
      await sql`INSERT INTO score (project_id, call_id, subject_type, subject_id, scorer, scorer_version, pass, metric,
          status, outcome, evidence, judge)
        VALUES (${project}, ${callId}, 'call', ${callId}, 'tool_use', '1', 'call', 'toolUse', ${status},
          ${status === 'scored' ? 'pass' : 'unknown'}, '[]', ${judge}::jsonb)`.execute(owner);
    };
    let nowMs = Date.now();
    const look = async () => {
      nowMs += 1;
      await watchHealth({ database: optimizer, now: () => nowMs }, project);
      return await eventsOf(project);
    };
    for (let error = 0; error < 4; error += 1) await judged('judge_error');
    expect(await look()).toEqual([]);
    await judged('judge_error');
    expect(await look()).toEqual(['judge.outage judge-1']);
    expect(await look()).toHaveLength(1);
    await judged('scored');
    expect(await look()).toEqual(['judge.outage judge-1', 'judge.recovered judge-1']);
    expect(await look()).toHaveLength(2);
  });
});
