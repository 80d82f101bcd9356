import type { FastifyReply } from 'fastify';
import type { ApiError } from '#shared/formats/api-error.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';

/** The header that a hook has set on every answer. */
const CALL_ID_HEADER = 'x-trimtab-call-id';

/** Answers with an error in the Anthropic envelope. */
export function replyError(reply: FastifyReply, error: ApiError): FastifyReply {
  const callId = String(reply.getHeader(CALL_ID_HEADER) ?? '');
  const encoded = CLIENT_FORMATS['anthropic-messages'].encodeError(error, callId);
  return reply.code(encoded.status).headers(encoded.headers).send(encoded.body);
}
