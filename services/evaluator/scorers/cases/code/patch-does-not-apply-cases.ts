import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, reads, runs, wasRead, writes } from './agent-session.ts';

const PATH = 'src/sum.ts';
const TEXT = 'export function sum(a, b) {\n  return a + b;\n}\n\nexport const ONE = 1;';
const seen = () => wasRead(PATH, TEXT);
const patches = (text: string) => ({ name: 'apply_patch', input: { input: text } });
const codex = (...lines: string[]) => patches(['*** Begin Patch', ...lines, '*** End Patch'].join('\n'));
const diff = (header: string, ...lines: string[]) =>
  ['--- a/src/sum.ts', '+++ b/src/sum.ts', header, ...lines].join('\n');
const gitApply = (text: string) => runs(`cd /app && git apply <<'EOF'\n${text}\nEOF`);

const SOUND = diff('@@ -1,3 +1,3 @@', ' export function sum(a, b) {', '-  return a + b;', '+  return b + a;', ' }');
const counts = { severity: 'error', expectedVsActual: 'patch that holds together -> wrong line counts' } as const;
const unfit = { severity: 'error', expectedVsActual: 'patch that fits the file -> lines absent' } as const;

export const PATCH_DOES_NOT_APPLY_CASES: readonly ScorerCase[] = [
  agentCase(
    'more lines than it says',
    'fail',
    { calls: [gitApply(SOUND.replace('-1,3 +1,3', '-1,2 +1,2'))], history: seen() },
    counts,
  ),
  agentCase('fewer lines than it says', 'fail', { calls: [gitApply(SOUND.replace('-1,3 +1,3', '-1,7 +1,7'))] }, counts),
  agentCase(
    'a hunk that breaks off',
    'fail',
    {
      calls: [
        runs(`patch -p1 <<EOF\n${diff('@@ -1,3 +1,3 @@', ' export function sum(a, b) {', '-  return a + b;')}\nEOF`),
      ],
    },
    counts,
  ),
  agentCase(
    'a patch that never ends',
    'fail',
    { calls: [patches('*** Begin Patch\n*** Update File: src/sum.ts\n@@\n-  return a + b;\n+  return 0;')] },
    {
      expectedVsActual: 'patch that holds together -> no end',
    },
  ),
  agentCase(
    'a line without its mark',
    'fail',
    { calls: [codex('*** Update File: src/sum.ts', '@@', '-  return a + b;', 'return 0;')] },
    {
      expectedVsActual: 'patch that holds together -> line of no kind',
    },
  ),
  agentCase('a new file whose lines have no mark', 'fail', {
    calls: [codex('*** Add File: src/new.ts', 'export {};')],
  }),
  agentCase(
    'lines that the file does not have',
    'fail',
    {
      calls: [codex('*** Update File: src/sum.ts', '@@', '-  return a - b;', '+  return 0;')],
      history: seen(),
    },
    unfit,
  ),
  agentCase(
    'a diff for another state of the file',
    'fail',
    {
      calls: [
        gitApply(diff('@@ -1,2 +1,2 @@', ' export function add(x, y) {', '-  return x + y;', '+  return y + x;')),
      ],
      history: seen(),
    },
    unfit,
  ),
  agentCase('a diff that fits', 'pass', { calls: [gitApply(SOUND)], history: seen() }),
  agentCase('a patch that fits', 'pass', {
    calls: [
      codex('*** Update File: src/sum.ts', '@@ export function sum(a, b) {', '-  return a + b;', '+  return b + a;'),
    ],
    history: seen(),
  }),
  agentCase('a patch in words of a shell', 'pass', {
    calls: [
      {
        name: 'shell',
        input: {
          command: [
            'bash',
            '-lc',
            "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/sum.ts\n@@\n-export const ONE = 1;\n+export const ONE = 2;\n*** End Patch\nEOF",
          ],
        },
      },
    ],
    history: seen(),
  }),
  agentCase('a patch that only adds a file', 'pass', { calls: [codex('*** Add File: src/new.ts', '+export {};')] }),
  agentCase('a patch that only removes one', 'pass', { calls: [codex('*** Delete File: src/old.ts')] }),
  agentCase('a diff of a new file', 'pass', {
    calls: [
      gitApply(
        'diff --git a/n.ts b/n.ts\nnew file mode 100644\n--- /dev/null\n+++ b/n.ts\n@@ -0,0 +1,2 @@\n+export {};\n+// end',
      ),
    ],
  }),
  agentCase('another indentation, which the tool forgives', 'pass', {
    calls: [codex('*** Update File: src/sum.ts', '@@', '-return a + b;', '+  return b + a;')],
    history: seen(),
  }),
  agentCase('a file that was never read', 'unknown', { calls: [gitApply(SOUND)] }),
  agentCase('a command without a patch', 'not_applicable', { calls: [runs('git diff HEAD~1')], history: seen() }),
  agentCase('a reading', 'not_applicable', { calls: [reads(PATH)] }),
  agentCase('a document that shows a diff', 'not_applicable', { calls: [writes('docs/patch.md', SOUND)] }),
  agentCase('an answer in words', 'not_applicable', { text: SOUND }),
];
