/** What servers without a reasoning parser leave in the text: most models' tags, and those of Mistral's. */
const TAGS = [
  { open: '<think>', close: '</think>' },
  { open: '[THINK]', close: '[/THINK]' },
];
const IMPLIED_CLOSE = '</think>';

/** Where in the tags the text is, and what of it may still be a part of one. Plain data. */
export interface ThinkTagState {
  phase: 'before' | 'inside' | 'gap' | 'after';
  close: string;
  held: string;
}

export interface TaggedText {
  readonly type: 'text' | 'thinking';
  readonly text: string;
}

/** `implied` is for templates that write the opening tag themselves, so that the text begins behind it. */
export function createThinkTagState(mode: 'explicit' | 'implied'): ThinkTagState {
  return { phase: mode === 'implied' ? 'inside' : 'before', close: IMPLIED_CLOSE, held: '' };
}

/** Length of the longest end of the text that a tag could begin with. */
function heldLength(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (tag.startsWith(text.slice(-length))) return length;
  }
  return 0;
}

/** A tag opens the answer or there is none: the words may well speak of one later. */
function readBefore(state: ThinkTagState, text: string): readonly TaggedText[] {
  const start = text.trimStart();
  const tag = TAGS.find(({ open }) => start.startsWith(open));
  if (tag !== undefined) {
    state.phase = 'inside';
    state.close = tag.close;
    return readInside(state, start.slice(tag.open.length));
  }
  if (TAGS.some(({ open }) => open.startsWith(start))) {
    state.held = text;
    return [];
  }
  state.phase = 'after';
  return [{ type: 'text', text }];
}

function readInside(state: ThinkTagState, text: string): readonly TaggedText[] {
  const end = text.indexOf(state.close);
  if (end !== -1) {
    state.phase = 'gap';
    return [{ type: 'thinking', text: text.slice(0, end) }, ...readGap(state, text.slice(end + state.close.length))];
  }
  const held = heldLength(text, state.close);
  state.held = text.slice(text.length - held);
  return [{ type: 'thinking', text: text.slice(0, text.length - held) }];
}

/** The blank lines behind the closing tag belong to neither side. */
function readGap(state: ThinkTagState, text: string): readonly TaggedText[] {
  const rest = text.trimStart();
  if (rest === '') return [];
  state.phase = 'after';
  return [{ type: 'text', text: rest }];
}

const READERS = {
  before: readBefore,
  inside: readInside,
  gap: readGap,
  after: (_state: ThinkTagState, text: string): readonly TaggedText[] => [{ type: 'text', text }],
};

/** Tells apart, piece by piece, what stands between the tags and what stands behind them. */
export function splitThinkTags(state: ThinkTagState, piece: string): readonly TaggedText[] {
  const text = state.held + piece;
  state.held = '';
  return READERS[state.phase](state, text);
}

/** What was held back for a tag that did not come. Text that follows is behind the tags. */
export function flushThinkTags(state: ThinkTagState): readonly TaggedText[] {
  const { phase, held } = state;
  state.phase = 'after';
  state.held = '';
  return held === '' ? [] : [{ type: phase === 'inside' ? 'thinking' : 'text', text: held }];
}
