import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { invalidRequest } from '#shared/formats/api-error.ts';
import { authenticate } from '../access/authenticate.ts';
import type { HandleCallDeps } from '../handle-call.ts';
import { servableModels } from '../route-call.ts';
import { callerFormat, pathOf } from './caller-format.ts';
import { replyError } from './reply-error.ts';

type ModelsDeps = Pick<HandleCallDeps, 'config' | 'keys' | 'policies'>;

interface ListedModel {
  readonly id: string;
  readonly displayName: string;
}

/** What Anthropic's API says of a model whose release date is not known. */
const CREATED_AT_UNKNOWN = '1970-01-01T00:00:00Z';
const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1000;

const querySchema = z.looseObject({
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
  after_id: z.string().optional(),
  before_id: z.string().optional(),
});

/**
 * `GET /v1/models` and `/v1/models/{id}` in the shape of whoever asks: every name that may be asked for. Claude Code
 * shows only names with "claude" or "anthropic" in them, so aliases are listed beside the models' own ids.
 */
export function registerModels(server: FastifyInstance, deps: ModelsDeps): void {
  server.get('/v1/models', async (request, reply) => {
    if (await isRefused(deps, request, reply)) return reply;
    const models = listedModels(deps);
    if (isOpenai(request)) return reply.send({ object: 'list', data: models.map(openaiModel) });
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      return replyError(reply, invalidRequest(`limit: must be a whole number from 1 to ${LIMIT_MAX}`));
    }
    return reply.send(pageOf(models.map(anthropicModel), query.data));
  });
  server.get<{ Params: { '*': string } }>('/v1/models/*', async (request, reply) => {
    if (await isRefused(deps, request, reply)) return reply;
    const found = listedModels(deps).find(({ id }) => id === request.params['*']);
    if (found !== undefined) return reply.send(isOpenai(request) ? openaiModel(found) : anthropicModel(found));
    const message = 'model: not served here; GET /v1/models lists the names that are.';
    return replyError(reply, { type: 'not_found_error', message, status: 404, retryable: false });
  });
}

function isOpenai(request: FastifyRequest): boolean {
  return callerFormat(pathOf(request.url), request.headers).name === 'openai-chat';
}

/** Whether the request has been answered with a refusal. */
async function isRefused(deps: ModelsDeps, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  const { headers, ip: remoteAddress } = request;
  const who = await authenticate(deps.keys, deps.config.projectId, { headers, remoteAddress });
  if (who.type === 'refused') replyError(reply, who.error);
  return who.type === 'refused';
}

function listedModels(deps: ModelsDeps): ListedModel[] {
  const models = servableModels(deps.policies.current(), deps.config.models);
  return models.flatMap(({ id, aliases }) => [
    { id, displayName: id },
    ...aliases.map((alias) => ({ id: alias, displayName: `${alias} (${id})` })),
  ]);
}

function anthropicModel({ id, displayName }: ListedModel) {
  return { type: 'model', id, display_name: displayName, created_at: CREATED_AT_UNKNOWN };
}

/** With the name to show, which clients of OpenAI pass over. */
function openaiModel({ id, displayName }: ListedModel) {
  return { id, object: 'model', created: 0, owned_by: 'trimtab', display_name: displayName };
}

function pageOf(all: readonly { readonly id: string }[], query: z.output<typeof querySchema>): object {
  const after = query.after_id === undefined ? -1 : all.findIndex(({ id }) => id === query.after_id);
  const before = query.before_id === undefined ? -1 : all.findIndex(({ id }) => id === query.before_id);
  const window = all.slice(after + 1, before < 0 ? all.length : before);
  const data = before < 0 ? window.slice(0, query.limit) : window.slice(-query.limit);
  return {
    data,
    has_more: data.length < window.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
