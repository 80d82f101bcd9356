import type { FastifyReply } from 'fastify';
import type { ApiError } from '#shared/formats/api-error.ts';
import { callerFormat, pathOf } from './caller-format.ts';

/** The header that a hook has set on every answer. */
export const CALL_ID_HEADER = 'x-trimtab-call-id';

/** Answers with an error in the envelope of whoever asked. */
export function replyError(reply: FastifyReply, error: ApiError): FastifyReply {
  const { url, headers } = reply.request;
  const callId = String(reply.getHeader(CALL_ID_HEADER) ?? '');
  const encoded = callerFormat(pathOf(url), headers).encodeError(error, callId);
  return reply.code(encoded.status).headers(encoded.headers).send(encoded.body);
}
