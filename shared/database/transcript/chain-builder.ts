import type { JsonObject } from '#shared/formats/json-object.ts';
import { encodeBitmap } from './bitmap.ts';
import { type BlockKind, blockKeyOf, nodeHashOf } from './block-key.ts';
import { normaliseBlock } from './normalise-block.ts';
import type { CacheMark, NullFields } from './transcript-layout.ts';

export interface TranscriptBlock {
  readonly key: Buffer;
  readonly kind: BlockKind;
  /** Turned into text only where it is not stored yet. */
  readonly value: unknown;
}

export interface TranscriptNode {
  readonly hash: Buffer;
  readonly parentHash: Buffer | null;
  readonly blockKey: Buffer;
  readonly role: string;
  readonly startsMessage: boolean;
  /** 1 for the first node of a chain. */
  readonly depth: number;
}

/** One chain of nodes, each made of the one before it and a block. */
export class ChainBuilder {
  readonly blocks: TranscriptBlock[] = [];
  readonly nodes: TranscriptNode[] = [];
  readonly #projectKey: Buffer;
  readonly #marks: CacheMark[] = [];
  /** Names of null fields, joined by spaces, and the blocks that have them. */
  readonly #nulls = new Map<string, number[]>();
  #head: Buffer | null;
  #depth: number;

  /** @param parent the node to go on from, of another chain */
  constructor(projectKey: Buffer, parent: { readonly head: Buffer | null; readonly depth: number } | null = null) {
    this.#projectKey = projectKey;
    this.#head = parent?.head ?? null;
    this.#depth = parent?.depth ?? 0;
  }

  get head(): Buffer | null {
    return this.#head;
  }

  get depth(): number {
    return this.#depth;
  }

  get length(): number {
    return this.nodes.length;
  }

  get marks(): CacheMark[] {
    return this.#marks;
  }

  get nulls(): NullFields {
    return [...this.#nulls].map(([names, at]) => ({ names: names.split(' '), at: encodeBitmap(at) }));
  }

  add(kind: BlockKind, role: string, startsMessage: boolean, given: JsonObject): void {
    const { block, nullNames, marks } =
      kind === 'message' ? { block: given, nullNames: [], marks: [] } : normaliseBlock(given);
    const at = this.nodes.length;
    this.#marks.push(...marks.map((mark) => ({ at, ...mark })));
    if (nullNames.length > 0) {
      const names = nullNames.join(' ');
      const known = this.#nulls.get(names);
      if (known === undefined) this.#nulls.set(names, [at]);
      else known.push(at);
    }
    const key = blockKeyOf(this.#projectKey, kind, block);
    const hash = nodeHashOf(this.#head, role, startsMessage, key);
    this.blocks.push({ key, kind, value: block });
    this.#depth += 1;
    this.nodes.push({ hash, parentHash: this.#head, blockKey: key, role, startsMessage, depth: this.#depth });
    this.#head = hash;
  }
}
