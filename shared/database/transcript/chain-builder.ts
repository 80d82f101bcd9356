import type { JsonObject } from '#shared/formats/json-object.ts';
import { encodeBitmap } from './bitmap.ts';
import { type BlockKind, blockKeyOf, nodeHashOf } from './block-key.ts';
import { isSameJson } from './is-same-json.ts';
import { normaliseBlock } from './normalise-block.ts';
import type { ReplyContent } from './reply-block.ts';
import type { CacheMark, NullFields } from './transcript-layout.ts';

export interface TranscriptBlock {
  readonly key: Buffer;
  readonly kind: BlockKind;
  /** Turned into text only where it is not stored yet. */
  readonly value: unknown;
  /** Of a `reply`, in place of the value. */
  readonly reply?: ReplyContent;
  /** The week in which it is known to be stored, and as of which erasure, so that nobody looks for it again. */
  storedIn?: string;
  /** On its way into the store. */
  packed?: PackedBlock;
}

export interface PackedBlock {
  readonly content: Buffer;
  /** Before it was packed. */
  readonly bytes: number;
}

export interface TranscriptNode {
  readonly hash: Buffer;
  readonly parentHash: Buffer | null;
  readonly blockKey: Buffer;
  readonly role: string;
  readonly startsMessage: boolean;
  /** 1 for the first node of a chain. */
  readonly depth: number;
  /** As of a block. */
  storedIn?: string;
}

/** One block of a chain as it was given, and all that was made of it. */
export interface ChainLink {
  readonly given: JsonObject;
  readonly block: TranscriptBlock;
  readonly node: TranscriptNode;
  /** Names of null fields, joined by spaces. */
  readonly nullNames: string;
  readonly marks: readonly Omit<CacheMark, 'at'>[];
}

/** One chain of nodes, each made of the one before it and a block. */
export class ChainBuilder {
  readonly links: ChainLink[] = [];
  readonly #projectKey: Buffer;
  readonly #previous: readonly ChainLink[];
  readonly #marks: CacheMark[] = [];
  /** Names of null fields, and the blocks that have them. */
  readonly #nulls = new Map<string, number[]>();
  #head: Buffer | null;
  #depth: number;

  /**
   * @param from.parent the node to go on from, of another chain
   * @param from.previous a chain that this one probably repeats: what is the same is not made again
   */
  constructor(
    projectKey: Buffer,
    from: {
      readonly parent?: { readonly head: Buffer | null; readonly depth: number } | null;
      readonly previous?: readonly ChainLink[];
    } = {},
  ) {
    this.#projectKey = projectKey;
    this.#previous = from.previous ?? [];
    this.#head = from.parent?.head ?? null;
    this.#depth = from.parent?.depth ?? 0;
  }

  get head(): Buffer | null {
    return this.#head;
  }

  get depth(): number {
    return this.#depth;
  }

  get length(): number {
    return this.links.length;
  }

  get marks(): CacheMark[] {
    return this.#marks;
  }

  get nulls(): NullFields {
    return [...this.#nulls].map(([names, at]) => ({ names: names.split(' '), at: encodeBitmap(at) }));
  }

  /** Takes over the first links of the chain that this one repeats. Only at the begin, and of a chain without a parent. */
  repeat(links: number): void {
    for (const link of this.#previous.slice(0, links)) this.#take(link);
  }

  add(kind: BlockKind, role: string, startsMessage: boolean, given: JsonObject): void {
    const at = this.links.length;
    const previous = this.#previous[at];
    const isRepeated = previous?.block.kind === kind && isSameJson(previous.given, given);
    const link = isRepeated
      ? this.#linkTo(previous, previous.block, role, startsMessage, previous)
      : this.#newLink(kind, role, startsMessage, given, previous);
    this.#take(link);
  }

  #take(link: ChainLink): void {
    const at = this.links.length;
    this.links.push(link);
    this.#head = link.node.hash;
    this.#depth = link.node.depth;
    for (const mark of link.marks) this.#marks.push({ at, ...mark });
    if (link.nullNames === '') return;
    const known = this.#nulls.get(link.nullNames);
    if (known === undefined) this.#nulls.set(link.nullNames, [at]);
    else known.push(at);
  }

  #newLink(
    kind: BlockKind,
    role: string,
    startsMessage: boolean,
    given: JsonObject,
    previous: ChainLink | undefined,
  ): ChainLink {
    const { block, nullNames, marks } =
      kind === 'message' ? { block: given, nullNames: [], marks: [] } : normaliseBlock(given);
    const key = blockKeyOf(this.#projectKey, kind, block);
    // A cache breakpoint that moved changes what was given, and not what is stored.
    const isStillThere = previous?.block.key.equals(key) === true;
    const stored = isStillThere ? previous.block : { key, kind, value: block };
    return this.#linkTo({ given, nullNames: nullNames.join(' '), marks }, stored, role, startsMessage, previous);
  }

  #linkTo(
    given: Pick<ChainLink, 'given' | 'nullNames' | 'marks'>,
    block: TranscriptBlock,
    role: string,
    startsMessage: boolean,
    previous: ChainLink | undefined,
  ): ChainLink {
    const old = previous?.node;
    const isSameNode =
      old !== undefined &&
      old.blockKey === block.key &&
      old.role === role &&
      old.startsMessage === startsMessage &&
      old.parentHash === this.#head;
    if (isSameNode) return { ...given, block, node: old };
    const hash = nodeHashOf(this.#head, role, startsMessage, block.key);
    const node = { hash, parentHash: this.#head, blockKey: block.key, role, startsMessage, depth: this.#depth + 1 };
    return { ...given, block, node };
  }
}
