/** Where a wire format lets servers differ; a writer that has no such freedom ignores the wish. */
export type Deviation =
  /** Pieces of parallel calls take turns. */
  | 'interleaved'
  /** The first arguments ride with the name. */
  | 'arguments_with_name'
  /** All arguments come with the end of the call, none before it. */
  | 'arguments_at_end'
  /** The server says that it just stopped, although it calls tools. */
  | 'stop_with_calls'
  /** The server never tells its usage. */
  | 'no_usage'
  /** The first event is sent twice. */
  | 'started_twice'
  /** What vLLM's server sends beside the documented fields. */
  | 'vllm'
  /** Pieces of arguments where the format can stream them, but need not. */
  | 'streamed_arguments';

export type AnswerPart =
  | { readonly type: 'text'; readonly pieces: readonly string[]; readonly citedUrl?: string | undefined }
  | { readonly type: 'thinking'; readonly pieces: readonly string[]; readonly signature?: string | undefined }
  | {
      readonly type: 'call';
      /** Null sends none; absent makes a fresh one. */
      readonly id?: string | null | undefined;
      readonly name: string;
      /** Of the arguments' text. */
      readonly pieces: readonly string[];
      readonly signature?: string | undefined;
    };

export interface AnswerUsage {
  /** Without what the cache served or took. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** What a scripted model says, in no wire format; the writers put it into each. */
export interface Answer {
  readonly parts: readonly AnswerPart[];
  readonly stop: 'end' | 'tool' | 'length' | 'refusal' | 'stop_sequence' | 'pause';
  readonly stopSequence: string | null;
  readonly usage: AnswerUsage;
  readonly deviations: ReadonlySet<Deviation>;
}

/** What a writer needs to know of the request that it answers. */
export interface AnswerContext {
  readonly model: string;
  /** Number of the request, for ids that must not repeat. */
  readonly index: number;
}

const USAGE: AnswerUsage = { input: 40, cacheRead: 0, cacheWrite: 0, output: 12 };
const PIECE_CHARACTERS = 6;

export function text(...pieces: string[]): AnswerPart {
  return { type: 'text', pieces };
}

export function thought(pieces: string | readonly string[], signature?: string): AnswerPart {
  return { type: 'thinking', pieces: typeof pieces === 'string' ? [pieces] : pieces, signature };
}

/** A call; arguments that are a list are the pieces of their text, anything else is sent as its JSON. */
export function call(
  name: string,
  given: object | readonly string[] = {},
  more: { readonly id?: string | null; readonly signature?: string } = {},
): AnswerPart {
  return { type: 'call', name, pieces: Array.isArray(given) ? given : cut(JSON.stringify(given)), ...more };
}

function cut(whole: string): string[] {
  const count = Math.ceil(whole.length / PIECE_CHARACTERS);
  return Array.from({ length: count }, (_, index) =>
    whole.slice(index * PIECE_CHARACTERS, (index + 1) * PIECE_CHARACTERS),
  );
}

export function answer(
  parts: readonly AnswerPart[],
  more: Partial<Omit<Answer, 'parts' | 'deviations' | 'usage'>> & {
    readonly usage?: Partial<AnswerUsage>;
    readonly deviations?: readonly Deviation[];
  } = {},
): Answer {
  const hasCalls = parts.some(({ type }) => type === 'call');
  return {
    parts,
    stop: more.stop ?? (hasCalls ? 'tool' : 'end'),
    stopSequence: more.stopSequence ?? null,
    usage: { ...USAGE, ...more.usage },
    deviations: new Set(more.deviations ?? []),
  };
}

export function wholeText(part: AnswerPart): string {
  return part.pieces.join('');
}

/** Arguments as a client has to receive them: parsed, or their text where they do not parse. */
export function argumentsOf(part: AnswerPart): unknown {
  const said = wholeText(part);
  if (said.trim() === '') return {};
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

/** Pieces of every part in the order in which a server sends them: part after part, or calls in turns. */
export function pieceOrder({
  parts,
  deviations,
}: Answer): readonly { readonly part: number; readonly piece: string }[] {
  const placed = parts.map((part, index) => part.pieces.map((piece) => ({ part: index, piece })));
  if (!deviations.has('interleaved')) return placed.flat();
  const isCall = (index: number) => parts[index]?.type === 'call';
  const before = placed.filter((_, index) => !isCall(index)).flat();
  const calls = placed.filter((_, index) => isCall(index));
  const longest = Math.max(0, ...calls.map((pieces) => pieces.length));
  const turns = Array.from({ length: longest }, (_, turn) => calls.flatMap((pieces) => pieces[turn] ?? []));
  return [...before, ...turns.flat()];
}
