import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { httpScorerSchema } from '#shared/config/scoring-schema.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { CustomSubject } from './custom-subject.ts';
import { createHttpScorer } from './http-scorer.ts';

interface Asked {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

type Reply = { readonly status: number; readonly body: string } | 'never';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A scorer's server that gives these replies, the last one for ever. */
async function listen(replies: readonly Reply[]) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: await text(request) });
    const reply = replies[Math.min(asked.length, replies.length) - 1];
    if (reply === undefined || reply === 'never') return;
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/score` };
}

function scorerAt(url: string, settings: object = {}, now = () => 1_760_000_000_500) {
  const config = httpScorerSchema.parse({ id: 'acme/remote', url, network: 'private', ...settings });
  return createHttpScorer({ fetch: createGuardedFetch(config.network), now }, config);
}

const SUBJECT = { v: 1, pass: 'call', request: null, response: { content: [] } } as unknown as CustomSubject;
const PASS: Reply = { status: 200, body: '{"outcome":"pass"}' };

describe('an HTTP scorer', () => {
  it('is sent the subject, signed, and its verdict is taken', async () => {
    const { asked, url } = await listen([{ status: 200, body: '{"outcome":"fail","detail":"too long"}' }]);
    const answer = await scorerAt(url, { secret: 'shared' }).score(SUBJECT);
    expect(answer).toEqual({ type: 'answered', result: { outcome: 'fail', detail: 'too long', evidence: [] } });
    const [{ headers, body } = { headers: {}, body: '' }] = asked;
    expect(JSON.parse(body)).toEqual({ scorer: { id: 'acme/remote', version: '1' }, subject: SUBJECT });
    expect(headers['x-trimtab-timestamp']).toBe('1760000000');
    const signature = createHmac('sha256', 'shared').update(`1760000000.${body}`).digest('hex');
    expect(headers['x-trimtab-signature']).toBe(`v1=${signature}`);
  });

  it('is asked once more after an accident, and not after a refusal', async () => {
    const shaky = await listen([{ status: 503, body: '' }, PASS]);
    expect(await scorerAt(shaky.url).score(SUBJECT)).toMatchObject({ type: 'answered' });
    const strict = await listen([{ status: 404, body: '' }]);
    expect(await scorerAt(strict.url).score(SUBJECT)).toMatchObject({ reason: 'refused', problem: 'it answered 404' });
    expect(strict.asked).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'surely'],
    ['no verdict', '{"verdict":"pass"}'],
    ['too long', `"${'x'.repeat(70_000)}"`],
  ])('whose answer is %s has said nothing', async (_name, body) => {
    const { url } = await listen([{ status: 200, body }]);
    expect(await scorerAt(url).score(SUBJECT)).toMatchObject({ type: 'failed', reason: 'invalid_answer' });
  });

  it('that does not answer in time is not waited for', async () => {
    const { url } = await listen(['never']);
    expect(await scorerAt(url, { timeoutMs: 150 }).score(SUBJECT)).toMatchObject({ reason: 'timeout' });
  });

  it('that cannot be reached is left alone after a while', async () => {
    let now = 1_000;
    const { url } = await listen([{ status: 500, body: '' }]);
    const scorer = scorerAt(url, {}, () => now);
    for (let times = 0; times < 3; times += 1) await scorer.score(SUBJECT);
    expect(await scorer.score(SUBJECT)).toMatchObject({ reason: 'paused' });
    now += 30_000;
    expect(await scorer.score(SUBJECT)).toMatchObject({ reason: 'refused' });
  });

  it('of the public network is not looked for in the inner one', async () => {
    const { asked, url } = await listen([PASS]);
    expect(await scorerAt(url, { network: 'public' }).score(SUBJECT)).toMatchObject({ reason: 'refused' });
    expect(asked).toEqual([]);
  });
});
