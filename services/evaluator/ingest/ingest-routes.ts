import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { isLocalClient } from '#shared/access/is-local-client.ts';
import { readCredentials } from '#shared/access/read-credentials.ts';
import type { KeyStore } from '#shared/database/key-store.ts';
import { isKeySecret, keyHash } from '#shared/database/virtual-key-secret.ts';
import { TrimtabError } from '#shared/errors.ts';
import { queueHookJsonSchema } from './queue-hook-schema.ts';
import { type TakeHookDeps, takeHookRecord } from './take-hook-record.ts';

export interface IngestRouteDeps {
  readonly hook: TakeHookDeps;
  readonly keys: Pick<KeyStore, 'findByHash' | 'listActive'>;
  readonly projectId: string;
}

/** The envelope of the queue, whose record may here be a plain object, too: HTTP has no trouble with any text. */
const bodySchema = z.object({
  v: z.literal(1),
  callId: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters'),
  record: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
});

/** As much as one job of the queue may hold. */
const BODY_BYTES_MAX = 8 * 1_024 * 1_024;
export const QUEUE_HOOK_SCHEMA_PATH = '/schemas/queue-hook.v1.json';

/** `POST /ingest/queue-hook` takes what a producer without Redis would have put on the queue; its schema is public. */
export function registerIngestRoutes(server: FastifyInstance, deps: IngestRouteDeps): void {
  const schema = queueHookJsonSchema();
  server.get(QUEUE_HOOK_SCHEMA_PATH, async (_request, reply) => reply.type('application/schema+json').send(schema));
  server.post('/ingest/queue-hook', { bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
    const keyId = await authenticate(deps, request);
    const { callId, record } = bodySchema.parse(request.body);
    const taken = await takeHookRecord(deps.hook, record, { projectId: deps.projectId, callId, keyId });
    return await reply.status(202).send(taken);
  });
}

/** The same door as the gateway's: a virtual key, and before the first one any program of this machine. */
async function authenticate(deps: IngestRouteDeps, request: FastifyRequest): Promise<string | null> {
  const { keys, projectId } = deps;
  for (const secret of readCredentials(request.headers).filter(isKeySecret)) {
    const key = await keys.findByHash(keyHash(secret));
    if (key !== null && key.projectId === projectId) return key.keyId;
  }
  const { hasAnyKey } = await keys.listActive(projectId);
  if (!hasAnyKey && isLocalClient(request.socket.remoteAddress, request.headers)) return null;
  throw new TrimtabError(
    'unauthenticated',
    'send a virtual key as Authorization: Bearer; make one with `trimtab keys create`',
  );
}
