import * as z from 'zod';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { decodeBitmap } from './bitmap.ts';
import { restoreBlock } from './normalise-block.ts';
import { deliveredText } from './reply-block.ts';
import { sharedMessage } from './shared-message.ts';
import { sharedTools } from './shared-tools.ts';
import type { CacheMark, NullFields, RequestLayout, TranscriptLayout } from './transcript-layout.ts';

/** One node of a chain with its block, as read from the store. */
export interface LoadedNode {
  readonly role: string;
  readonly startsMessage: boolean;
  readonly kind: string;
  readonly value: unknown;
}

const jsonObject = z.record(z.string(), z.unknown());
const parametersSchema = z.object({
  fields: jsonObject,
  billing: z.array(z.object({ at: z.number(), block: z.unknown() })),
  messageFields: z.array(z.object({ at: z.number(), fields: jsonObject })).default([]),
});
const wholeMessageSchema = z.object({ message: z.unknown() });

/** The request as the client meant it, deep-equal to what `encodeTranscript` was given. */
export function rebuildRequest(
  layout: RequestLayout,
  chain: readonly LoadedNode[],
  catalogue: readonly LoadedNode[],
  parameters: unknown,
): JsonObject {
  const { fields, billing, messageFields } = parametersSchema.parse(parameters);
  const request: JsonObject = { ...fields };
  const blocks = restoreBlocks(chain, layout.marks, layout.nulls);
  const system = blocks.slice(0, layout.systemBlocks);
  if (layout.system === 'text') request['system'] = system[0]?.['text'];
  if (layout.system === 'blocks') {
    const withBilling: unknown[] = [...system];
    for (const { at, block } of billing) withBilling.splice(at, 0, block);
    request['system'] = withBilling;
  }
  if (layout.hasMessages) {
    const messages = rebuildMessages(
      chain.slice(layout.systemBlocks),
      blocks.slice(layout.systemBlocks),
      decodeBitmap(layout.texts),
    );
    for (const { at, fields: beside } of messageFields) messages[at] = { ...jsonObject.parse(messages[at]), ...beside };
    request['messages'] = messages;
  }
  if (layout.hasTools) request['tools'] = sharedTools(restoreBlocks(catalogue, layout.toolMarks, layout.toolNulls));
  return request;
}

/** The delivered message. `content` stands where the envelope has none. */
export function rebuildResponse(
  layout: NonNullable<TranscriptLayout['response']>,
  chain: readonly LoadedNode[],
  envelope: unknown,
): JsonObject {
  const response: JsonObject = { ...jsonObject.parse(envelope) };
  if (layout.blocks !== null) response['content'] = restoreBlocks(chain, layout.marks, layout.nulls);
  return response;
}

/** The text that the block of a reply was packed with. */
export function deliveredBefore(
  layout: NonNullable<TranscriptLayout['response']>,
  chain: readonly LoadedNode[],
): string {
  return layout.blocks === null ? '' : deliveredText(restoreBlocks(chain, layout.marks, layout.nulls));
}

function restoreBlocks(chain: readonly LoadedNode[], marks: readonly CacheMark[], nulls: NullFields): JsonObject[] {
  const nullsAt = nulls.map(({ names, at }) => ({ names, at: decodeBitmap(at) }));
  const marksAt = Map.groupBy(marks, (mark) => mark.at);
  return chain.map((node, index) => {
    const names = nullsAt.flatMap((group) => (group.at.has(index) ? group.names : []));
    if (!isJsonObject(node.value)) throw new TypeError('a block of a transcript is no object');
    return restoreBlock(node.value, names, marksAt.get(index) ?? []);
  });
}

function rebuildMessages(
  chain: readonly LoadedNode[],
  blocks: readonly JsonObject[],
  texts: ReadonlySet<number>,
): unknown[] {
  const messages: unknown[] = [];
  for (let start = 0; start < chain.length; ) {
    const end = endOfMessage(chain, start);
    const { kind, role } = chain[start] ?? { kind: '', role: '' };
    const own = blocks.slice(start, end);
    messages.push(
      kind === 'message'
        ? wholeMessageSchema.parse(own[0]).message
        : sharedMessage(role, own, texts.has(messages.length)),
    );
    start = end;
  }
  return messages;
}

/** The index behind the last node of the message that begins at `start`. */
function endOfMessage(chain: readonly LoadedNode[], start: number): number {
  let end = start + 1;
  while (end < chain.length && chain[end]?.startsMessage === false && chain[end]?.kind !== 'message') end += 1;
  return chain[start]?.kind === 'message' ? start + 1 : end;
}
