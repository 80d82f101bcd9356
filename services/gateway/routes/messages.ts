import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { timeOfUuidV7 } from '#shared/domain/call-id.ts';
import { type ApiError, invalidRequest } from '#shared/formats/api-error.ts';
import type { ClientFormat } from '#shared/formats/format.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { authenticate } from '../access/authenticate.ts';
import { createClientConnection } from '../client-connection.ts';
import { type HandleCallDeps, handleCall } from '../handle-call.ts';
import { readRequestBody } from '../read-request-body.ts';
import { gatewayFault, sendError } from '../refuse-call.ts';

/** `POST /v1/messages`. The query (`?beta=true`) says nothing that the headers do not. */
export function registerMessages(server: FastifyInstance, deps: HandleCallDeps): void {
  server.post('/v1/messages', (request, reply) =>
    answerCall(deps, CLIENT_FORMATS['anthropic-messages'], request, reply),
  );
}

/** Reads the call of a client that speaks `clientFormat`, and answers it in that format. */
export async function answerCall(
  deps: HandleCallDeps,
  clientFormat: ClientFormat,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const callId = request.id;
  const startedAtMs = timeOfUuidV7(callId);
  const incoming = { callId, startedAtMs, clientFormat, headers: request.headers, remoteAddress: request.ip };
  reply.hijack();
  const connection = createClientConnection(reply.raw);
  const refuse = (reason: string, error: ApiError): FastifyReply => {
    deps.metrics.recordRefusal(reason);
    sendError(connection, incoming, error);
    return reply;
  };
  try {
    const { projectId, bodyBytesMax } = deps.config;
    const known = authenticate(deps.keys, projectId, incoming);
    const who = known instanceof Promise ? await known : known;
    const read = await readRequestBody(request.raw, bodyBytesMax, { isKept: who.type === 'identified' });
    if (read.type === 'aborted') return reply;
    if (who.type === 'refused') return refuse('unauthenticated', who.error);
    if (read.type === 'too_large') return refuse('request_too_large', tooLarge(bodyBytesMax));
    await handleCall(deps, { ...incoming, identity: who.identity, bytes: read.bytes }, connection);
  } catch (fault) {
    // The framework answers nobody any more; without this the client would wait for ever.
    deps.log.error({ err: fault, callId }, 'a call failed for a fault of the gateway');
    if (!connection.headersSent) sendError(connection, incoming, gatewayFault());
  }
  return reply;
}

export function tooLarge(bytesMax: number): ReturnType<typeof invalidRequest> {
  const limit = `${Math.round(bytesMax / (1024 * 1024))} MB`;
  const message = `The request body is larger than ${limit}; shorten the conversation or its attachments, or raise gateway.bodyLimitMb.`;
  return { ...invalidRequest(message), type: 'request_too_large', status: 413 };
}
