import { LRUCache } from 'lru-cache';
import type { ScoringSubject } from '../scoring-subject.ts';
import { normalisePath } from './same-path.ts';

/** How clients tell where the work is done. */
const ROOT_LINES: readonly RegExp[] = [
  /^[\s-]*(?:primary |current |initial |project )?working director(?:y|ies)(?: is)?:[ \t]*(.+)$/gim,
  /^[\s-]*additional working director(?:y|ies):[ \t]*(.+)$/gim,
  /^[\s-]*(?:cwd|workspace(?: root| path| folder)?|project root|repository root):[ \t]*(.+)$/gim,
  /<(?:cwd|working_directory|workspace_root|root)>\s*([^<\n]+?)\s*<\//gi,
  /\bI've uploaded (?:a|the) [\w ]*?(?:code )?repository in the directory ([^\s,]+?)[.,]?(?:\s|$)/gi,
];
const PATH = /(?:[A-Za-z]:[\\/]|\/|~\/)[^\s,;"'`<>()]*/g;
const TEXT_CHARACTERS_MAX = 200_000;
const REMEMBERED_TEXTS_MAX = 2_000;
const REMEMBERED_CHARACTERS_MAX = 8_000_000;

/** Folders in which the conversation says that the work is done; empty where it does not say. */
export function knownRoots(subject: ScoringSubject): readonly string[] {
  return subject.part(readRoots);
}

function readRoots({ conversation }: ScoringSubject): readonly string[] {
  const said = [...(conversation?.systemTexts ?? []), ...(conversation?.userTexts.slice(0, 2) ?? [])];
  return [...new Set(said.flatMap(({ text }) => rootsIn(text)))];
}

/** Keyed by the text itself: the same prompt stands in every call of a session. */
const remembered = new LRUCache<string, readonly string[]>({
  max: REMEMBERED_TEXTS_MAX,
  maxSize: REMEMBERED_CHARACTERS_MAX,
  sizeCalculation: (_roots, text) => text.length + 1,
});

function rootsIn(text: string): readonly string[] {
  if (text.length > TEXT_CHARACTERS_MAX) return [];
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const matches = ROOT_LINES.flatMap((pattern) => [...text.matchAll(pattern)]);
  const paths = matches.flatMap((match) => (match[1] ?? '').match(PATH) ?? []);
  const roots = paths.map((path) => normalisePath(path.replace(/[.:]$/, ''))).filter((root) => root !== '');
  remembered.set(text, roots);
  return roots;
}
