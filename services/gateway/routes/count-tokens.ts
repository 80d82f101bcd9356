import type { FastifyInstance } from 'fastify';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { authenticate } from '../access/authenticate.ts';
import { countForTargets } from '../count-for-targets.ts';
import type { HandleCallDeps } from '../handle-call.ts';
import { parseBody } from '../parse-body.ts';
import { readRequestBody } from '../read-request-body.ts';
import { tooLarge } from './messages.ts';
import { replyError } from './reply-error.ts';

type CountTokensDeps = Pick<HandleCallDeps, 'config' | 'keys' | 'policies' | 'tokens'>;

/**
 * `POST /v1/messages/count_tokens`, answered here: without it, clients count by real completions that somebody pays
 * for.
 */
export function registerCountTokens(server: FastifyInstance, deps: CountTokensDeps): void {
  const { projectId, bodyBytesMax } = deps.config;
  server.post('/v1/messages/count_tokens', async (request, reply) => {
    const who = await authenticate(deps.keys, projectId, { headers: request.headers, remoteAddress: request.ip });
    const read = await readRequestBody(request.raw, bodyBytesMax, { isKept: who.type === 'identified' });
    if (who.type === 'refused') return replyError(reply, who.error);
    if (read.type !== 'complete') return replyError(reply, tooLarge(bodyBytesMax));
    const parsed = parseBody(read.bytes);
    if (parsed.type === 'refused') return replyError(reply, parsed.error);
    const decoded = CLIENT_FORMATS['anthropic-messages'].decodeRequest(parsed.value);
    if (decoded.type === 'rejected') return replyError(reply, decoded.error);
    const { headers } = request;
    const { canonical } = decoded;
    const asked = { headers, identity: who.identity, canonical, bodyBytes: read.bytes.length };
    return reply.send({ input_tokens: countForTargets(deps, asked) });
  });
}
