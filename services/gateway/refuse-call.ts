import type { ApiError } from '#shared/formats/api-error.ts';
import type { TargetRefusal } from '#shared/routing/choose-target.ts';
import type { Identity } from './access/identity.ts';
import type { ClientConnection } from './client-connection.ts';
import type { AuditQueue } from './emit/audit-queue.ts';
import type { IncomingCall } from './routed-call.ts';

/** Names shown to a client that asked for a model it may not have. */
const NAMES_SHOWN_MAX = 50;
const MODEL_CHARACTERS_SHOWN = 200;

/** Headers that every answer carries. */
export function answerHeaders(callId: string): Record<string, string> {
  return { 'x-trimtab-call-id': callId, 'request-id': callId };
}

/** Answers with an error in the client's own format. */
export function sendError(
  connection: ClientConnection,
  incoming: Pick<IncomingCall, 'callId' | 'clientFormat'>,
  error: ApiError,
): void {
  const encoded = incoming.clientFormat.encodeError(error, incoming.callId);
  const body = Buffer.from(JSON.stringify(encoded.body));
  const headers = { ...encoded.headers, ...answerHeaders(incoming.callId), 'content-length': String(body.length) };
  connection.begin(encoded.status, headers);
  connection.end(body);
}

/** The answer to a call that failed for a fault of ours. */
export function gatewayFault(): ApiError {
  const message = 'The gateway failed on this call; its log has the reason under the call id.';
  return { type: 'api_error', message, status: 500, retryable: false };
}

const SPOOL_RETRY_AFTER_SECONDS = 5;

/** The answer to a call that could not be kept, where the configuration says that such calls are not to be served. */
export function spoolFull(): ApiError {
  const message = 'The gateway cannot keep a record of this call: its spool is full, because the database is away.';
  const retryAfterSeconds = SPOOL_RETRY_AFTER_SECONDS;
  return { type: 'overloaded_error', message, status: 503, retryable: true, retryAfterSeconds };
}

/** The answer to a request for a model that may not be served, with the names that may. */
export function modelNotAllowed(
  refusal: TargetRefusal,
  allowed: readonly { readonly id: string; readonly aliases: readonly string[] }[],
): ApiError {
  const model = refusal.requestModel.slice(0, MODEL_CHARACTERS_SHOWN);
  const names = allowed.flatMap(({ id, aliases }) => [id, ...aliases]).slice(0, NAMES_SHOWN_MAX);
  const message =
    refusal.reason === 'unknown_model'
      ? `model: ${model} is not served here. Ask for one of: ${names.join(', ')}; or add a route or an alias for it.`
      : `model: no model that may be served is left on the route of ${model}. Ask for one of: ${names.join(', ')}.`;
  const details = { error_code: 'model_not_allowed', model, reason: refusal.reason, allowed_models: names };
  return { type: 'not_found_error', message, status: 404, retryable: false, shouldRetry: false, details };
}

/** Writes down that somebody asked for a model off the list. */
export function auditRefusal(
  audit: Pick<AuditQueue, 'add'>,
  refusal: TargetRefusal,
  facts: { readonly identity: Identity; readonly callId: string; readonly gatewayId: string },
): void {
  const { identity, callId } = facts;
  const subject = refusal.requestModel.slice(0, MODEL_CHARACTERS_SHOWN);
  audit.add(`refused ${identity.keyId ?? ''} ${subject}`, {
    projectId: identity.projectId,
    action: 'call.refused',
    actor: `gateway:${facts.gatewayId}`,
    subject,
    reason: refusal.reason,
    details: { callId, keyId: identity.keyId, developer: identity.developer, dropped: refusal.dropped },
  });
}
