import { constants } from 'node:zlib';
import * as z from 'zod';
import type { JsonObject } from '#shared/formats/json-object.ts';
import { freeBytes } from '#shared/free-bytes.ts';
import { packWith, unpackWith } from './block-content.ts';
import { orderedJson } from './block-key.ts';
import { WIRE_WORDS } from './wire-words.ts';

/** What a provider sent, and of the message that was made of it everything but its content. */
export interface ReplyContent {
  readonly envelope: JsonObject;
  readonly raw: string;
  /** Of `deliveredText`. */
  readonly delivered: string;
}

/** Without the checksum another message would unpack to another reply. */
const WITH_CHECKSUM = { [constants.ZSTD_c_checksumFlag]: 1 };
const envelopeSchema = z.record(z.string(), z.unknown());

/** Delivered content as both ends of the store have it, whatever the order of its fields. */
export function deliveredText(blocks: readonly JsonObject[]): string {
  return orderedJson(blocks);
}

/** A raw reply that UTF-8 cannot hold has a block of its own, as JSON. */
export function isPackable(raw: string): boolean {
  return raw.isWellFormed();
}

/**
 * A raw reply says what the delivered message says, in other brackets: with that message for a dictionary only the
 * brackets are left. The envelope stands before it, because most of its values occur in the reply, too.
 */
export async function packReply(reply: ReplyContent): Promise<Buffer> {
  const dictionary = dictionaryOf(reply.delivered);
  const packed = await packWith(plainReply(reply), dictionary, WITH_CHECKSUM);
  // The object that packs keeps it until the whole heap is searched.
  freeBytes(dictionary);
  return packed;
}

/** Bytes that the content of `packReply` has unpacked. */
export function replyBytes({ envelope, raw }: ReplyContent): number {
  return Buffer.byteLength(JSON.stringify(envelope)) + 1 + Buffer.byteLength(raw);
}

/** Rejects when the content is damaged, unpacks to more than `bytesMax`, or was packed with another message. */
export async function unpackReply(
  content: Buffer,
  delivered: string,
  bytesMax: number,
): Promise<Pick<ReplyContent, 'envelope' | 'raw'>> {
  const plain = await unpackWith(content, dictionaryOf(delivered), bytesMax);
  // JSON has no line breaks but as escapes.
  const envelopeEnd = plain.indexOf('\n');
  const envelope = envelopeSchema.parse(JSON.parse(plain.toString('utf8', 0, envelopeEnd)));
  return { envelope, raw: plain.toString('utf8', envelopeEnd + 1) };
}

function plainReply({ envelope, raw }: ReplyContent): Buffer {
  return Buffer.from(`${JSON.stringify(envelope)}\n${raw}`);
}

function dictionaryOf(delivered: string): Buffer {
  return Buffer.concat([WIRE_WORDS, Buffer.from(delivered)]);
}
