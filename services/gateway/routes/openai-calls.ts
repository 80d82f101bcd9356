import type { FastifyInstance } from 'fastify';
import { openaiChatClient } from '#shared/formats/openai-chat/format.ts';
import { openaiResponsesClient } from '#shared/formats/openai-responses/format.ts';
import type { HandleCallDeps } from '../handle-call.ts';
import { answerCall } from './messages.ts';

/** `POST /v1/chat/completions` and `POST /v1/responses`: the same calls, for clients of OpenAI's formats. */
export function registerOpenaiCalls(server: FastifyInstance, deps: HandleCallDeps): void {
  server.post('/v1/chat/completions', (request, reply) => answerCall(deps, openaiChatClient, request, reply));
  server.post('/v1/responses', (request, reply) => answerCall(deps, openaiResponsesClient, request, reply));
}
