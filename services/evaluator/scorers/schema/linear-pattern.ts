import { type PatternNode, parsePattern } from './parse-pattern.ts';

/** Steps of a compiled pattern; bounded repetitions are written out, so a short pattern can become a long program. */
const INSTRUCTIONS_MAX = 2_000;
/** Instructions times characters of one match. A pattern and a text beyond it are left undecided. */
const WORK_MAX = 2_000_000;

type Instruction =
  | { readonly type: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly type: 'fork'; readonly targets: readonly number[] }
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'match' };

/** A regular expression that takes time in proportion to pattern and text, whatever both are. */
export interface LinearPattern {
  /** Whether the pattern occurs in the text; null when that would take too long to say. */
  test(text: string): boolean | null;
}

/**
 * Compiles a pattern of somebody else's so that no text can make it run away: all ways through it are followed at once.
 * Null for what cannot be followed that way (look-around, back references, word borders) or is no pattern.
 */
export function compileLinearPattern(source: string): LinearPattern | null {
  const node = parsePattern(source);
  const program = node === null ? null : assemble(node);
  if (program === null) return null;
  return { test: (text) => (program.length * (text.length + 1) > WORK_MAX ? null : run(program, text)) };
}

function assemble(root: PatternNode): readonly Instruction[] | null {
  const program: (Instruction & { targets?: readonly number[] })[] = [];
  let isTooLong = false;
  const emit = (instruction: Instruction): number => {
    if (program.length >= INSTRUCTIONS_MAX) isTooLong = true;
    else program.push(instruction);
    return program.length - 1;
  };
  const setFork = (at: number, targets: readonly number[]): void => {
    program[at] = { type: 'fork', targets };
  };

  function write(node: PatternNode): void {
    if (isTooLong) return;
    switch (node.type) {
      case 'character':
        emit({ type: 'character', accepts: node.accepts });
        return;
      case 'start':
      case 'end':
        emit({ type: node.type });
        return;
      case 'sequence':
        for (const part of node.parts) write(part);
        return;
      case 'choice':
        writeChoice(node.options);
        return;
      case 'repeat':
        writeRepeat(node.body, node.least, node.most);
        return;
      default:
        node satisfies never;
    }
  }

  function writeChoice(options: readonly PatternNode[]): void {
    const fork = emit({ type: 'fork', targets: [] });
    const starts: number[] = [];
    const exits: number[] = [];
    for (const option of options) {
      starts.push(program.length);
      write(option);
      exits.push(emit({ type: 'fork', targets: [] }));
    }
    setFork(fork, starts);
    for (const exit of exits) setFork(exit, [program.length]);
  }

  function writeRepeat(body: PatternNode, least: number, most: number): void {
    for (let count = 0; count < least && !isTooLong; count += 1) {
      const before = program.length;
      write(body);
      // A body that matches nothing but nothing need not be written again.
      if (program.length === before) return;
    }
    if (most === Number.POSITIVE_INFINITY) {
      const fork = emit({ type: 'fork', targets: [] });
      write(body);
      emit({ type: 'fork', targets: [fork] });
      setFork(fork, [fork + 1, program.length]);
      return;
    }
    const forks: number[] = [];
    for (let count = least; count < most && !isTooLong; count += 1) {
      forks.push(emit({ type: 'fork', targets: [] }));
      write(body);
    }
    for (const fork of forks) setFork(fork, [fork + 1, program.length]);
  }

  write(root);
  emit({ type: 'match' });
  return isTooLong ? null : program;
}

function run(program: readonly Instruction[], text: string): boolean {
  const seen = new Int32Array(program.length).fill(-1);
  let step = 0;
  let current: number[] = [];
  /** Follows everything that takes no character; true when the end of the pattern is reached. */
  const follow = (threads: number[], start: number, isStart: boolean, isEnd: boolean): boolean => {
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const instruction = program[at];
      if (instruction === undefined || seen[at] === step) continue;
      seen[at] = step;
      if (instruction.type === 'match') return true;
      if (instruction.type === 'character') threads.push(at);
      else if (instruction.type === 'fork') open.push(...instruction.targets);
      else if (instruction.type === 'start' ? isStart : isEnd) open.push(at + 1);
    }
    return false;
  };
  const characters = [...text];
  if (follow(current, 0, true, characters.length === 0)) return true;
  for (const [position, character] of characters.entries()) {
    step += 1;
    const isEnd = position === characters.length - 1;
    const next: number[] = [];
    for (const at of current) {
      const instruction = program[at];
      if (instruction?.type !== 'character' || !instruction.accepts(character)) continue;
      if (follow(next, at + 1, false, isEnd)) return true;
    }
    if (follow(next, 0, false, isEnd)) return true;
    current = next;
  }
  return false;
}
