import type { ResponsesStream, Segment } from './stream-state.ts';

interface SegmentPlace {
  readonly type: Segment['type'];
  readonly outputIndex: number;
  readonly partIndex: number;
}

export function segmentKey({ outputIndex, partIndex }: Pick<SegmentPlace, 'outputIndex' | 'partIndex'>): string {
  return `${outputIndex}:${partIndex}`;
}

/** The segment at a place, made when it is new; null when it was delivered already. */
export function segmentAt(stream: ResponsesStream, place: SegmentPlace): Segment | null {
  const { state } = stream;
  const known = state.segments.find(
    (segment) => segment.outputIndex === place.outputIndex && segment.partIndex === place.partIndex,
  );
  if (known !== undefined) return known;
  if (Object.hasOwn(state.delivered, segmentKey(place))) return null;
  const segment: Segment = {
    ...place,
    text: '',
    written: 0,
    index: null,
    isDone: false,
    callId: null,
    name: null,
    signature: '',
  };
  insertInOrder(state.segments, segment);
  return segment;
}

/** Parts of earlier items come first, except before a block that is open already. */
function insertInOrder(segments: Segment[], segment: Segment): void {
  const follows = ({ outputIndex, partIndex, index }: Segment): boolean =>
    index === null &&
    (outputIndex > segment.outputIndex || (outputIndex === segment.outputIndex && partIndex > segment.partIndex));
  const at = segments.findIndex(follows);
  segments.splice(at === -1 ? segments.length : at, 0, segment);
}

export function appendText(stream: ResponsesStream, segment: Segment, piece: unknown): void {
  if (typeof piece !== 'string' || segment.isDone) return;
  segment.text += piece;
  stream.state.outputCharacters += piece.length;
}

/**
 * Brings a segment to the whole text that the upstream gives at its end. Some servers stream nothing before, and some
 * send the same end three times; what was streamed differently stays as it was streamed, because the client has it.
 * Returns whether the two agree.
 */
export function completeText(stream: ResponsesStream, segment: Segment, whole: unknown): boolean {
  if (typeof whole !== 'string' || segment.isDone) return true;
  if (!whole.startsWith(segment.text)) {
    if (segment.written === 0 && whole !== '') segment.text = whole;
    return segment.written === 0 || whole === '';
  }
  appendText(stream, segment, whole.slice(segment.text.length));
  return true;
}
