import type { ServerToolsConfig } from '#shared/config/server-tools-schema.ts';
import type { CanonicalMessage } from '#shared/formats/canonical.ts';
import type { ClientStreamEncoder } from '#shared/formats/format.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { answerContext } from '../answer-context.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { ClientStream } from '../client-stream.ts';
import type { Delivery } from '../delivery.ts';
import type { EncodedCall } from '../encode-call.ts';
import { rawText } from '../raw-reply.ts';
import { sendError } from '../refuse-call.ts';
import type { RoutedCall } from '../routed-call.ts';
import { createHeldAnswer } from './held-answer.ts';
import { planServerTools } from './plan-server-tools.ts';
import { type RunServerCallsDeps, runServerCalls } from './run-server-calls.ts';
import { runsServerTools } from './runs-server-tools.ts';
import {
  createServerTurn,
  endStep,
  type ServerTurn,
  stepBody,
  type TurnEnd,
  tokensLeft,
  turnMessage,
} from './server-turn.ts';
import { encodeAll, stepFormat } from './step-format.ts';
import { endEvents, wholeBlockEvents } from './turn-events.ts';

export interface ServeServerTurnDeps extends RunServerCallsDeps {
  readonly config: { readonly serverTools: ServerToolsConfig };
}

/** How one request goes to an upstream and its answer comes back, as for any other call. */
export interface AskUpstream {
  ask(call: RoutedCall, connection: ClientConnection, stream: ClientStream | null): Promise<Delivery>;
  /** What was sent last. */
  encoded(): EncodedCall | null;
  headers(losses: readonly Loss[]): Readonly<Record<string, string>>;
}

interface Serving {
  readonly deps: ServeServerTurnDeps;
  readonly call: RoutedCall;
  readonly turn: ServerTurn;
  readonly upstream: AskUpstream;
  readonly connection: ClientConnection;
  readonly stream: ClientStream | null;
  /** Of the whole turn; null when the answer is not streamed. */
  readonly encoder: ClientStreamEncoder | null;
  readonly losses: Loss[];
  readonly raws: string[];
}

/** The turn that a call is, when the gateway has tools to run for it; null for nearly all calls. */
export function beginServerTurn(config: ServerToolsConfig, { canonical, incoming }: RoutedCall): ServerTurn | null {
  if (config.webSearch === undefined && !config.webFetch.enabled) return null;
  const plan = planServerTools(config, canonical.body);
  return plan === null ? null : createServerTurn(plan, incoming.callId);
}

/**
 * Serves a call whose tools the gateway runs: the model is asked, what it calls is run, and it is asked again with the
 * results, until it has answered. The client sees one answer. An upstream that runs such tools itself is asked once,
 * with the request as it came.
 */
export async function serveServerTurn(
  deps: ServeServerTurnDeps,
  client: {
    readonly call: RoutedCall;
    readonly turn: ServerTurn;
    readonly connection: ClientConnection;
    readonly stream: ClientStream | null;
  },
  upstream: AskUpstream,
): Promise<Delivery> {
  const { call, stream, turn } = client;
  const encoder = stream === null ? null : call.incoming.clientFormat.createStreamEncoder(answerContext(call));
  const serving: Serving = { ...client, deps, upstream, encoder, losses: [], raws: [] };
  if (turn.plan.pending.length > 0) await run(serving, turn.plan.pending);
  for (;;) {
    const held = createHeldAnswer(client.connection.gone);
    const delivery = await ask(serving, held.connection);
    if (isServedByItself(upstream)) {
      if (stream === null) held.release(client.connection);
      return delivery;
    }
    serving.losses.push(...delivery.losses);
    if (delivery.upstreamRaw.length > 0) serving.raws.push(rawText(delivery.upstreamRaw));
    if (delivery.status !== 'ok' || delivery.message === null) return broken(serving, delivery);
    const calls = endStep(turn, delivery.message);
    if (calls.length === 0) return await finish(serving, delivery, delivery.message);
    const offset = turn.content.length;
    await run(serving, calls);
    if (client.connection.gone.aborted) return broken(serving, { ...delivery, status: 'client_cancelled' });
    await write(serving, encodeAll(encoder, wholeBlockEvents(turn.content.slice(offset), offset)));
    const paused = pauseReason(deps, turn);
    if (paused !== null) return await finish(serving, delivery, { stop_reason: paused, stop_sequence: null });
  }
}

/** Whether the upstream that was asked last runs such tools by itself. */
function isServedByItself(upstream: AskUpstream): boolean {
  const encoded = upstream.encoded();
  return encoded !== null && runsServerTools(encoded.served);
}

function pauseReason(deps: ServeServerTurnDeps, turn: ServerTurn): 'pause_turn' | 'max_tokens' | null {
  if ((tokensLeft(turn) ?? 1) <= 0) return 'max_tokens';
  return turn.step >= deps.config.serverTools.maxSteps ? 'pause_turn' : null;
}

async function run({ deps, turn, connection }: Serving, calls: Parameters<typeof runServerCalls>[2]): Promise<void> {
  await runServerCalls(deps, { turn, config: deps.config.serverTools, signal: connection.gone }, calls);
}

/** Asks the upstream for the present step. Later steps go where the first one was answered. */
async function ask(serving: Serving, held: ClientConnection): Promise<Delivery> {
  const { call, turn, upstream, stream, connection } = serving;
  const { incoming, canonical } = call;
  const { step } = turn;
  const stepCall: RoutedCall = {
    ...call,
    translation: { canonical: { ...canonical, body: stepBody(turn) }, losses: turn.plan.losses },
    choice: step === 0 ? call.choice : pinnedChoice(call, upstream.encoded()),
    incoming: {
      ...incoming,
      callId: step === 0 ? incoming.callId : `${incoming.callId}-${step}`,
      clientFormat: stepFormat(incoming.clientFormat, turn, {
        encoder: serving.encoder,
        isWhole: () => isServedByItself(upstream),
      }),
    },
  };
  if (stream === null) return await upstream.ask(stepCall, held, null);
  // The end of the upstream's stream is not the end of the client's.
  return await upstream.ask(stepCall, connection, { ...stream, end: () => undefined });
}

function pinnedChoice({ choice }: RoutedCall, encoded: EncodedCall | null): RoutedCall['choice'] {
  const model = encoded?.served.model.id ?? choice.target.model;
  return { ...choice, target: model === choice.target.model ? choice.target : { model }, fallbacks: [] };
}

async function write({ stream }: Serving, text: string): Promise<void> {
  if (text !== '') await stream?.write(text);
}

/** Ends the turn with a whole answer. */
async function finish(serving: Serving, last: Delivery, ending: TurnEnd): Promise<Delivery> {
  const { turn, encoder, call, connection } = serving;
  const end = { stop_reason: ending.stop_reason, stop_sequence: ending.stop_sequence };
  const message = turnMessage(turn, end);
  if (encoder !== null) {
    await write(serving, encodeAll(encoder, endEvents(turn, end)));
    return whole(serving, last, message, encoder.losses());
  }
  const answer = message === null ? null : call.incoming.clientFormat.encodeResponse(message, answerContext(call));
  const bytes = Buffer.from(JSON.stringify(answer?.body ?? null));
  const losses = answer?.losses ?? [];
  connection.begin(200, {
    'content-type': 'application/json',
    'content-length': String(bytes.length),
    ...serving.upstream.headers([...serving.losses, ...losses]),
  });
  connection.end(bytes);
  return whole(serving, last, message, losses);
}

function whole(
  { losses, raws }: Serving,
  last: Delivery,
  message: CanonicalMessage | null,
  answerLosses: readonly Loss[],
): Delivery {
  return { ...last, message, losses: [...losses, ...answerLosses], upstreamRaw: raws.join('\n') };
}

/** Ends the turn with what there is; a stream has its error event already. */
function broken(serving: Serving, delivery: Delivery): Delivery {
  const { turn, call, connection, stream, losses, raws } = serving;
  if (stream === null && delivery.error !== null) sendError(connection, call.incoming, delivery.error);
  const message = turnMessage(turn, { stop_reason: null, stop_sequence: null }) ?? delivery.message;
  const status =
    delivery.status === 'upstream_error' && turn.step > 0 && stream !== null ? 'incomplete' : delivery.status;
  return { ...delivery, status, message: stream === null ? null : message, losses, upstreamRaw: raws.join('\n') };
}
