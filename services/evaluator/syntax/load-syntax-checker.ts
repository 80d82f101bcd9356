import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';
import { Language as Grammar, Parser } from 'web-tree-sitter';
import type { CheckSyntax, SyntaxVerdict } from '../scorers/code/check-syntax.ts';
import type { Language } from '../scorers/code/language.ts';
import { checkJson } from './check-json.ts';
import { checkYaml } from './check-yaml.ts';
import { findFault } from './find-fault.ts';
import { parsesAsTypeScript } from './parses-as-typescript.ts';

type ParsedLanguage = Exclude<Language, 'json' | 'yaml'>;

/** Files of the package with the grammars, which carries its WASM ready made and runs no script when installed. */
const GRAMMARS: Readonly<Record<ParsedLanguage, string>> = {
  bash: 'tree-sitter-bash.wasm',
  go: 'tree-sitter-go.wasm',
  java: 'tree-sitter-java.wasm',
  javascript: 'tree-sitter-javascript.wasm',
  python: 'tree-sitter-python.wasm',
  rust: 'tree-sitter-rust.wasm',
  tsx: 'tree-sitter-tsx.wasm',
  typescript: 'tree-sitter-typescript.wasm',
};

/** Longer files are rarely written by hand, and parsing them would hold up all other calls. */
const TEXT_CHARACTERS_MAX = 256_000;
/** The parser reports after every hundred operations; 8 kB of code take about eighty reports. */
const PARSER_STEPS_MAX = 20_000;
/** Versions of files that sessions come back to. A verdict is small, the text is not kept. */
const VERDICTS_MAX = 4_000;

/**
 * Loads the grammars, once at the start of a process: about 50 ms of processor time and 60 MB. JSON and YAML have parsers of their own
 * here, which know their language exactly.
 */
export async function loadSyntaxChecker(): Promise<CheckSyntax> {
  await Parser.init();
  const grammars = import.meta.resolve('@vscode/tree-sitter-wasm/package.json');
  const parsers = new Map<string, Parser>();
  for (const [language, file] of Object.entries(GRAMMARS)) {
    const grammar = await Grammar.load(fileURLToPath(new URL(`wasm/${file}`, grammars)));
    parsers.set(language, new Parser().setLanguage(grammar));
  }
  const verdicts = new LRUCache<string, SyntaxVerdict>({ max: VERDICTS_MAX });
  return (language, text) => {
    if (text.length > TEXT_CHARACTERS_MAX) return { type: 'unknown', reason: 'too_large' };
    const key = `${language} ${createHash('sha1').update(text).digest('base64')}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = check(language, text);
    verdicts.set(key, verdict);
    return verdict;
  };

  function check(language: Language, text: string): SyntaxVerdict {
    if (language === 'json') return checkJson(text);
    if (language === 'yaml') return checkYaml(text);
    const parser = parsers.get(language);
    if (parser === undefined) throw new Error(`there is no grammar for ${language}`);
    return checkParsed(parser, language, text);
  }
}

function checkParsed(parser: Parser, language: ParsedLanguage, text: string): SyntaxVerdict {
  let steps = 0;
  const progressCallback = () => {
    steps += 1;
    return steps > PARSER_STEPS_MAX;
  };
  const tree = parser.parse(text.startsWith('\uFEFF') ? text.slice(1) : text, null, { progressCallback });
  if (tree === null) {
    parser.reset();
    return { type: 'unknown', reason: 'too_slow' };
  }
  try {
    const fault = findFault(tree.rootNode, language);
    if (fault === null || isValidElsewhere(language, text)) return { type: 'valid' };
    return { type: 'invalid', fault };
  } finally {
    tree.delete();
  }
}

/** Grammars lag behind their languages; where another parser is at hand, both must refuse a text. */
function isValidElsewhere(language: ParsedLanguage, text: string): boolean {
  return (language === 'typescript' || language === 'javascript') && parsesAsTypeScript(text);
}
