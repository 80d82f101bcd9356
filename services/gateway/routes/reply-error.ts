import type { FastifyReply } from 'fastify';
import type { ApiError } from '#shared/formats/api-error.ts';
import { callerFormat, pathOf } from './caller-format.ts';

/** Answers with an error in the envelope of whoever asked. */
export function replyError(reply: FastifyReply, error: ApiError): FastifyReply {
  const { url, headers, id } = reply.request;
  const encoded = callerFormat(pathOf(url), headers).encodeError(error, id);
  return reply.code(encoded.status).headers(encoded.headers).send(encoded.body);
}
