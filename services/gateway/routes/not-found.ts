import type { FastifyInstance } from 'fastify';
import { pathOf } from './caller-format.ts';
import { replyError } from './reply-error.ts';

const PATH_CHARACTERS_SHOWN = 200;

/** Answers what no route takes, with the routes that there are. */
export function registerNotFound(server: FastifyInstance): void {
  server.setNotFoundHandler((request, reply) => {
    const asked = `${request.method} ${pathOf(request.url).slice(0, PATH_CHARACTERS_SHOWN)}`;
    const message = `${asked} is not served here. The gateway serves POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions and /v1/responses, and GET /v1/models.`;
    const details = { error_code: 'unknown_url' };
    return replyError(reply, { type: 'not_found_error', message, status: 404, retryable: false, details });
  });
}
