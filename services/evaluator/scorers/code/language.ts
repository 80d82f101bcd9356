import { lookUp } from '#shared/look-up.ts';

/** A language in which written files are parsed. */
export type Language =
  | 'bash'
  | 'go'
  | 'java'
  | 'javascript'
  | 'json'
  | 'python'
  | 'rust'
  | 'tsx'
  | 'typescript'
  | 'yaml';

const LANGUAGE_OF_EXTENSION: Readonly<Record<string, Language>> = {
  bash: 'bash',
  cjs: 'javascript',
  cts: 'typescript',
  go: 'go',
  java: 'java',
  js: 'javascript',
  json: 'json',
  jsx: 'javascript',
  mjs: 'javascript',
  mts: 'typescript',
  py: 'python',
  pyi: 'python',
  rs: 'rust',
  sh: 'bash',
  ts: 'typescript',
  tsx: 'tsx',
  yaml: 'yaml',
  yml: 'yaml',
};

/** Files that are called JSON and may hold comments, or that a template engine completes before anybody parses them. */
const OTHER_GRAMMAR =
  /(^|[/\\])(tsconfig|jsconfig|devcontainer|settings|launch|tasks|extensions|keybindings|deno|turbo|biome|api-extractor|nx|language-configuration)[^/\\]*\.json$|(^|[/\\])\.(vscode|devcontainer)[/\\]|(^|[/\\])\.eslintrc|(^|[/\\])(templates?|charts|cookiecutter[^/\\]*)[/\\]/i;

/** Files that are wrong on purpose: what a parser is tested with. */
const WRONG_ON_PURPOSE = /(^|[/\\_.-])(fixtures?|testdata|invalid|broken|malformed|corrupt|bad|errors?)([/\\_.-]|$)/i;

/** The language of a file by its name, or null where no grammar is known or the name says that another one holds. */
export function languageOfPath(path: string): Language | null {
  if (OTHER_GRAMMAR.test(path) || WRONG_ON_PURPOSE.test(path)) return null;
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return lookUp(LANGUAGE_OF_EXTENSION, extension) ?? null;
}
