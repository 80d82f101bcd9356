import { readFileAction } from '../files/file-action.ts';
import { knownFileAfter } from '../files/known-file.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type ImportedPackage, importedPackages } from './imported-packages.ts';
import { type Language, languageOfPath } from './language.ts';
import { type Ecosystem, ecosystemOfManifest, listsPackage } from './manifest-packages.ts';
import { writtenVersions } from './written-versions.ts';

const QUOTE_CHARACTERS_MAX = 200;
const ECOSYSTEM_OF: Partial<Record<Language, Ecosystem>> = {
  go: 'go',
  javascript: 'node',
  python: 'python',
  tsx: 'node',
  typescript: 'node',
};

interface NewImport extends ImportedPackage {
  readonly pointer: string;
  readonly ecosystem: Ecosystem;
}

function newImports(subject: ScoringSubject): readonly NewImport[] {
  return (writtenVersions(subject) ?? []).flatMap(({ path, pointer, before, after }) => {
    const language = languageOfPath(path);
    const ecosystem = language === null ? undefined : ECOSYSTEM_OF[language];
    if (language === null || ecosystem === undefined || after === null) return [];
    const old = new Set(importedPackages(language, before ?? '').map(({ name }) => name));
    return importedPackages(language, after)
      .filter(({ name }) => !old.has(name))
      .map((imported) => ({ ...imported, pointer, ecosystem }));
  });
}

/** The manifests that the conversation shows whole, with those that the reply writes. */
function knownManifests(subject: ScoringSubject, ecosystem: Ecosystem): readonly string[] {
  const calls = subject.conversation?.calls ?? [];
  const paths = new Set<string>();
  for (const { name, input } of calls) {
    const action = readFileAction(name, input);
    if ('path' in action && ecosystemOfManifest(action.path) === ecosystem) paths.add(action.path);
  }
  const shown = [...paths].flatMap((path) => knownFileAfter(calls, path).content ?? []);
  const written = (writtenVersions(subject) ?? []).filter(({ path }) => ecosystemOfManifest(path) === ecosystem);
  return [...shown, ...written.flatMap(({ after }) => after ?? [])];
}

/** Whether something else in the session speaks of the package: an installation, a listing, an import elsewhere. */
function isMentioned(subject: ScoringSubject, name: string): boolean {
  const { conversation } = subject;
  if (conversation === null) return true;
  const passages = [...conversation.userTexts, ...conversation.systemTexts, ...conversation.results];
  if (passages.some(({ text }) => text.includes(name))) return true;
  const commands = [...conversation.calls, ...(subject.delivered?.toolCalls ?? [])].map((call) =>
    readFileAction(call.name, call.input),
  );
  return commands.some((action) => action.type === 'shell' && action.command.includes(name));
}

function score(subject: ScoringSubject): ScorerResult {
  const imports = newImports(subject);
  if (imports.length === 0) return NOT_APPLICABLE;
  let isDecided = true;
  for (const imported of imports) {
    if (isMentioned(subject, imported.name)) continue;
    const manifests = knownManifests(subject, imported.ecosystem);
    if (manifests.length === 0) {
      isDecided = false;
      continue;
    }
    if (manifests.some((manifest) => listsPackage(imported.ecosystem, manifest, imported.name))) continue;
    return {
      outcome: 'fail',
      owner: 'provider',
      severity: 'warning',
      evidence: [{ pointer: imported.pointer, quote: imported.line.slice(0, QUOTE_CHARACTERS_MAX) }],
      expectedVsActual: `import in manifest -> absent from ${imported.ecosystem}`,
      detail: 'a package is imported that no manifest in the conversation lists, and nothing else names',
    };
  }
  return isDecided ? PASSED : unknown('no manifest of the project is known');
}

export const importUnresolved: Scorer = {
  id: 'import_unresolved',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'A newly imported package is in a manifest of the project, or elsewhere in the conversation.',
  score,
};
