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

/** Folders in which the conversation says that the work is done; empty where it does not say. */
export function knownRoots(subject: ScoringSubject): readonly string[] {
  return subject.part(readRoots);
}

function readRoots({ conversation }: ScoringSubject): readonly string[] {
  const roots = new Set<string>();
  for (const { text } of [...(conversation?.systemTexts ?? []), ...(conversation?.userTexts.slice(0, 2) ?? [])]) {
    for (const pattern of ROOT_LINES) {
      for (const match of text.slice(0, TEXT_CHARACTERS_MAX).matchAll(pattern)) {
        for (const path of (match[1] ?? '').match(PATH) ?? []) roots.add(normalisePath(path.replace(/[.:]$/, '')));
      }
    }
  }
  return [...roots].filter((root) => root !== '');
}
