import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '#shared/domain/call.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import { parseExplanation } from '#shared/domain/score-explanation.ts';
import { scoreCall } from '../score-call.ts';
import { agentSession, type EvaluatorFixture, openEvaluatorFixture, readRows } from '../testing/evaluator-fixture.ts';

const MINUTE = 60_000;
let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());

/** The same conversation sent twice, and what the mining says of the first call. */
async function askTwice(session: string, first: Partial<Call>, second: Partial<Call>, afterMs = 2_000) {
  const startedAt = Date.now() - 20 * MINUTE;
  const [one] = agentSession(session, [{ text: 'Looking.', call: { ...callAt(startedAt), ...first } }]);
  const [two] = agentSession(session, [{ text: 'Found it.', call: { ...callAt(startedAt + afterMs), ...second } }]);
  await fixture.calls.store([one!]);
  await fixture.calls.store([two!]);
  await scoreCall(fixture.deps, { projectId: 'default', callId: one!.call.callId, pass: 'outcome' });
  await scoreCall(fixture.deps, { projectId: 'default', callId: one!.call.callId, pass: 'outcome' });
  const { scores } = await readRows(fixture.owner);
  return scores.filter(({ scorer, callId }) => scorer === 'client_retry' && callId === one!.call.callId);
}

const callAt = (startedAt: number) => ({
  startedAt,
  callId: uuidV7(startedAt, crypto.getRandomValues(Buffer.alloc(32))),
});
const streamed = (isStreamed: boolean) => ({
  completeness: { hasRequest: true, hasResponse: true, streamed: isStreamed, redacted: false, truncated: false },
});

describe('a client that asks again', () => {
  it('leaves one row on the first call, which says that it fell back to asking without a stream', async () => {
    const rows = await askTwice('fallback', { ...streamed(true), status: 'incomplete' }, streamed(false));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ outcome: 'fail', severity: 'warning', owner: 'provider' });
    expect(parseExplanation(rows[0]!.explanation)?.expectedVsActual).toBe(
      'answer taken -> asked again without a stream',
    );
  });

  it('is told from the fallback where the second call is a stream, too, and is no fault of a model that answered', async () => {
    const rows = await askTwice('again', streamed(true), streamed(true));
    expect(rows[0]).toMatchObject({ owner: 'client' });
    expect(parseExplanation(rows[0]!.explanation)?.expectedVsActual).toBe(
      'answer taken -> asked again in the same way',
    );
  });

  it('is no retry half an hour later, nor where another agent asks', async () => {
    expect(await askTwice('later', {}, {}, 11 * MINUTE)).toEqual([]);
    expect(await askTwice('agents', { agentId: 'a' }, { agentId: 'b' })).toEqual([]);
  });
});

describe('a model that is served as another one', () => {
  it('is an event, a warning and a count, once', async () => {
    const startedAt = Date.now() - 10 * MINUTE;
    const serve = async (responseModel: string, at: number) => {
      const [record] = agentSession(`served ${at}`, [{ text: 'Hi.', call: { ...callAt(at), responseModel } }]);
      await fixture.calls.store([record!]);
      await scoreCall(fixture.deps, { projectId: 'default', callId: record!.call.callId, pass: 'call' });
    };
    const events = () =>
      fixture.owner.selectFrom('auditEvent').selectAll().where('actor', '=', 'evaluator:served-model').execute();
    await serve('model-2026-01-01', startedAt);
    expect(await events()).toEqual([]);
    await serve('model-2026-02-02', startedAt + MINUTE);
    await serve('model-2026-02-02', startedAt + 2 * MINUTE);
    const [event, ...more] = await events();
    expect(more).toEqual([]);
    expect(event).toMatchObject({ action: 'model.served_differs' });
    expect(event!.details).toMatchObject({ served: 'model-2026-02-02', servedBefore: 'model-2026-01-01' });
    expect((await fixture.deps.metrics.servedModelChanges.get()).values.map(({ value }) => value)).toEqual([1]);
  });
});
