import type { JsonObject } from '../json-object.ts';
import type { JsonPath } from './json-path.ts';

type Scalar = string | number | boolean | null;

/** One argument, or a piece of one that is a string. */
export interface ArgumentPiece {
  readonly path: JsonPath;
  readonly value: Scalar | JsonObject | readonly unknown[];
  /** More of the same string follows. */
  readonly continues: boolean;
}

/** An object or list that the written text has opened and not closed. */
interface OpenContainer {
  /** Its name or position in the one that holds it; the outermost has none. */
  readonly step: string | number | null;
  readonly isList: boolean;
  /** Names and positions already written. */
  readonly written: (string | number)[];
}

/**
 * Arguments that come piece by piece, as path and value, while the text of the whole is written in the order of their
 * coming. Plain data.
 */
export interface PartialArguments {
  containers: OpenContainer[];
  /** Path of the string that is being written. */
  openString: (string | number)[] | null;
  /** Everything so far, for what came out of order. */
  values: JsonObject;
  /** Names of the outermost object whose text is not their value any more. */
  late: string[];
  isClosed: boolean;
}

export function createPartialArguments(): PartialArguments {
  return { containers: [], openString: null, values: {}, late: [], isClosed: false };
}

const samePath = (one: JsonPath, other: JsonPath): boolean =>
  one.length === other.length && one.every((step, index) => step === other[index]);

function own(container: object, step: string | number): unknown {
  return Object.hasOwn(container, step) ? (container as Record<string | number, unknown>)[step] : undefined;
}

/** Sets a name even when it is one that assignment would take for something else (`__proto__`). */
function define(container: object, step: string | number, value: unknown): void {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true });
}

/** Keeps the value; false when the path has no place in what is there. */
function keepValue(values: JsonObject, piece: ArgumentPiece, appends: boolean): boolean {
  let holder: object = values;
  for (const [index, step] of piece.path.entries()) {
    if (Array.isArray(holder) !== (typeof step === 'number')) return false;
    // A gap in a list would have to be filled with guesses.
    if (Array.isArray(holder) && typeof step === 'number' && step > holder.length) return false;
    const known = own(holder, step);
    if (index === piece.path.length - 1) {
      const appended = appends && typeof known === 'string' && typeof piece.value === 'string';
      define(holder, step, appended ? known + piece.value : piece.value);
      return true;
    }
    if (typeof known === 'object' && known !== null) holder = known;
    else {
      const created: object = typeof piece.path[index + 1] === 'number' ? [] : {};
      define(holder, step, created);
      holder = created;
    }
  }
  return false;
}

function closeString(state: PartialArguments): string {
  if (state.openString === null) return '';
  state.openString = null;
  return '"';
}

/** Text that starts the value at `step` of the innermost container. */
function startValue(container: OpenContainer, step: string | number): string {
  const comma = container.written.length > 0 ? ',' : '';
  container.written.push(step);
  return container.isList ? comma : `${comma}${JSON.stringify(String(step))}:`;
}

function openContainer(state: PartialArguments, step: string | number | null, isList: boolean): string {
  state.containers.push({ step, isList, written: [] });
  return isList ? '[' : '{';
}

/** Closes what the next path does not go through, and says how many steps of the path are still open. */
function leaveContainers(state: PartialArguments, path: JsonPath): { readonly text: string; readonly shared: number } {
  let shared = 0;
  while (
    shared + 1 < state.containers.length &&
    shared + 1 < path.length &&
    state.containers[shared + 1]?.step === path[shared]
  ) {
    shared += 1;
  }
  let text = '';
  while (state.containers.length > shared + 1) text += state.containers.pop()?.isList === true ? ']' : '}';
  return { text, shared };
}

function writePiece(state: PartialArguments, piece: ArgumentPiece): string {
  const { path, value, continues } = piece;
  let text = closeString(state);
  if (state.containers.length === 0) text += openContainer(state, null, false);
  const left = leaveContainers(state, path);
  text += left.text;
  for (const [index, step] of path.entries()) {
    const container = state.containers.at(-1);
    if (index < left.shared || container === undefined) continue;
    text += startValue(container, step);
    if (index < path.length - 1) text += openContainer(state, step, typeof path[index + 1] === 'number');
  }
  const json = JSON.stringify(value);
  if (typeof value !== 'string' || !continues) return text + json;
  state.openString = [...path];
  return text + json.slice(0, -1);
}

/** Whether the place of a path is still ahead of what is written. */
function isAhead(state: PartialArguments, path: JsonPath): boolean {
  for (const [index, step] of path.entries()) {
    const container = state.containers[index];
    if (container === undefined) return true;
    if (!container.written.includes(step)) return !container.isList || step === container.written.length;
    const isOpen = state.containers[index + 1]?.step === step;
    if (!isOpen || index === path.length - 1) return false;
  }
  return false;
}

/**
 * Adds a piece and gives the text to deliver for it, or null when the piece cannot belong to these arguments. An
 * argument that comes after its place was written is delivered at the end, under its name a second time: a JSON
 * reader takes the last.
 */
export function addArgument(state: PartialArguments, piece: ArgumentPiece): string | null {
  const appends = state.openString !== null && samePath(state.openString, piece.path);
  if (!keepValue(state.values, piece, appends)) return null;
  const [first] = piece.path;
  if (typeof first !== 'string') return null;
  if (state.late.includes(first)) return '';
  if (appends && typeof piece.value === 'string') {
    const text = JSON.stringify(piece.value).slice(1, -1);
    return piece.continues ? text : text + closeString(state);
  }
  if (isAhead(state, piece.path)) return writePiece(state, piece);
  state.late.push(first);
  return '';
}

/** The text that makes the arguments one whole object. */
export function closeArguments(state: PartialArguments): string {
  if (state.isClosed) return '';
  state.isClosed = true;
  let text = closeString(state);
  if (state.containers.length === 0) text += openContainer(state, null, false);
  while (state.containers.length > 1) text += state.containers.pop()?.isList === true ? ']' : '}';
  const outermost = state.containers.pop();
  for (const name of state.late) {
    if (outermost !== undefined) text += startValue(outermost, name) + JSON.stringify(own(state.values, name));
  }
  return `${text}}`;
}
