import { loadSyntaxChecker } from '../../../syntax/load-syntax-checker.ts';
import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, edits, runs, wasRead, writes } from './agent-session.ts';

const checkSyntax = await loadSyntaxChecker();
const parsed = (...args: Parameters<typeof agentCase>): ScorerCase => {
  const unparsed = agentCase(...args);
  return { ...unparsed, content: { ...unparsed.content, checkSyntax } };
};
const broken = (language: string) =>
  ({ severity: 'error', expectedVsActual: `${language} that parses -> syntax error` }) as const;

const TS = 'export function sum(a: number, b: number): number {\n  return a + b;\n}';
const GO = 'package main\n\nfunc main() {\n\tprintln("a")\n}\n';
const JAVA = 'class A {\n  int one() {\n    return 1;\n  }\n}\n';
const RUST = 'fn main() {\n    println!("{}", 1);\n}\n';

export const CODE_SYNTAX_INVALID_CASES: readonly ScorerCase[] = [
  parsed(
    'TypeScript without its last brace',
    'fail',
    { calls: [writes('/app/a.ts', TS.slice(0, -1))] },
    broken('typescript'),
  ),
  parsed(
    'TSX whose element does not end',
    'fail',
    { calls: [writes('/app/a.tsx', 'export const A = () => <div><b>x</div>;')] },
    broken('tsx'),
  ),
  parsed(
    'JavaScript with a half statement',
    'fail',
    { calls: [writes('/app/a.js', 'const a = ;')] },
    broken('javascript'),
  ),
  parsed(
    'Python without a colon',
    'fail',
    { calls: [writes('/app/a.py', 'def f(x)\n    return x\n')] },
    broken('python'),
  ),
  parsed(
    'Python with an empty body',
    'fail',
    { calls: [writes('/app/a.py', 'def f(x):\n    # later\n\nf(1)\n')] },
    broken('python'),
  ),
  parsed(
    'Go without its last brace',
    'fail',
    { calls: [writes('/app/a.go', GO.trimEnd().slice(0, -1))] },
    broken('go'),
  ),
  parsed(
    'Java without a bracket',
    'fail',
    { calls: [writes('/app/A.java', JAVA.replace('one()', 'one('))] },
    broken('java'),
  ),
  parsed('Rust without a bracket', 'fail', { calls: [writes('/app/a.rs', RUST.replace('1);', '1;'))] }, broken('rust')),
  parsed('JSON with a comma too many', 'fail', { calls: [writes('/app/a.json', '{"a": 1,}')] }, broken('json')),
  parsed(
    'YAML with a list that does not end',
    'fail',
    { calls: [writes('/app/a.yaml', 'a: [1, 2\nb: 3\n')] },
    broken('yaml'),
  ),
  parsed(
    'a script of a shell, which is only a hint',
    'fail',
    { calls: [writes('/app/a.sh', 'if true; then\n  echo a\n')] },
    {
      severity: 'warning',
      expectedVsActual: 'bash that parses -> syntax error',
    },
  ),
  parsed(
    'an edit that breaks a file that parsed',
    'fail',
    { calls: [edits('/app/a.ts', 'return a + b;', 'return a + ;')], history: wasRead('/app/a.ts', TS) },
    broken('typescript'),
  ),
  parsed('TypeScript', 'pass', { calls: [writes('/app/a.ts', TS)] }),
  parsed('syntax that is newer than the grammar', 'pass', {
    calls: [writes('/app/a.d.ts', "export type A = import('x').B<string>;")],
  }),
  parsed('Python', 'pass', { calls: [writes('/app/a.py', 'def f(x):\n    return x\n')] }),
  parsed('Go', 'pass', { calls: [writes('/app/a.go', GO)] }),
  parsed('Java', 'pass', { calls: [writes('/app/A.java', JAVA)] }),
  parsed('Rust', 'pass', { calls: [writes('/app/a.rs', RUST)] }),
  parsed('JSON', 'pass', { calls: [writes('/app/a.json', '{"a": [1, 2]}')] }),
  parsed('several documents of YAML', 'pass', { calls: [writes('/app/a.yaml', 'a: 1\n---\nb: [1, 2]\n')] }),
  parsed('a script of a shell', 'pass', { calls: [writes('/app/a.sh', 'if true; then\n  echo a\nfi\n')] }),
  parsed('an edit that mends a file', 'pass', {
    calls: [edits('/app/a.ts', 'return a + ;', 'return a;')],
    history: wasRead('/app/a.ts', TS.replace('a + b', 'a + ')),
  }),
  parsed('an edit of a file that did not parse before', 'pass', {
    calls: [edits('/app/a.ts', 'sum', 'add')],
    history: wasRead('/app/a.ts', TS.replace('a + b', 'a + ')),
  }),
  parsed('two edits that are right together', 'pass', {
    calls: [edits('/app/a.ts', '{\n', '{ if (a) {\n'), edits('/app/a.ts', ';\n}', '; }\n return 0;\n}')],
    history: wasRead('/app/a.ts', TS),
  }),
  parsed('an edit of a file that was never read', 'unknown', { calls: [edits('/app/a.ts', 'a', 'b')] }),
  parsed('a template', 'unknown', { calls: [writes('/app/a.yaml', 'a: {{ .Values.a }}\nb: [\n')] }),
  agentCase('no parsers', 'unknown', { calls: [writes('/app/a.ts', TS)] }),
  parsed('a language that nobody here parses', 'not_applicable', { calls: [writes('/app/a.zig', 'const a = ')] }),
  parsed('a file that is wrong on purpose', 'not_applicable', { calls: [writes('/app/fixtures/a.ts', 'const a = ')] }),
  parsed('a settings file, which may hold comments', 'not_applicable', {
    calls: [writes('/app/tsconfig.json', '{ // a\n}')],
  }),
  parsed('a command', 'not_applicable', { calls: [runs('ls')] }),
  parsed('an answer in words', 'not_applicable', { text: 'const a = ;' }),
];
