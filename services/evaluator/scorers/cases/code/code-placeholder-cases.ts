import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, edits, runs, says, wasRead, writes } from './agent-session.ts';

const PATH = '/app/src/sum.ts';
const elision = { severity: 'error', expectedVsActual: 'code -> comment in its place' } as const;
const stub = { severity: 'warning', expectedVsActual: 'code -> stub nobody asked for' } as const;

export const CODE_PLACEHOLDER_CASES: readonly ScorerCase[] = [
  agentCase(
    'the rest of the code',
    'fail',
    { calls: [writes(PATH, 'const a = 1;\n\n// ... rest of the code remains unchanged\n')] },
    elision,
  ),
  agentCase(
    'existing code in Python',
    'fail',
    { calls: [writes('/app/a.py', 'import os\n\n# ... existing code ...\n\ndef f():\n    return 1\n')] },
    elision,
  ),
  agentCase(
    'the remaining methods',
    'fail',
    { calls: [writes('/app/A.java', 'class A {\n  // remaining methods stay the same\n}')] },
    elision,
  ),
  agentCase(
    'an edit that takes code away',
    'fail',
    { calls: [edits(PATH, 'const a = 1;\nconst b = 2;', 'const a = 1;\n/* ... other functions ... */')] },
    elision,
  ),
  agentCase(
    'the markup of before',
    'fail',
    { calls: [writes('/app/a.html', '<main>\n<!-- ... existing content ... -->\n</main>')] },
    elision,
  ),
  agentCase(
    'previous code with an ellipsis of one sign',
    'fail',
    { calls: [writes(PATH, '// previous code \u2026\nexport {};')] },
    elision,
  ),
  agentCase(
    'a body of pass',
    'fail',
    { calls: [writes('/app/a.py', 'def f():\n    pass  # TODO: implement\n')] },
    stub,
  ),
  agentCase('your logic here', 'fail', { calls: [writes(PATH, 'function f() {\n  // TODO: implement this\n}')] }, stub),
  agentCase(
    'an error instead of code',
    'fail',
    { calls: [writes(PATH, "function f() {\n  throw new Error('Not implemented');\n}")] },
    stub,
  ),
  agentCase('code', 'pass', { calls: [writes(PATH, 'export const a = 1;')] }),
  agentCase('a comment that speaks of the rest', 'pass', {
    calls: [writes(PATH, '// The rest of the pipeline expects a sorted list.\nsort();')],
  }),
  agentCase('a spread', 'pass', { calls: [writes(PATH, 'const b = {\n  ...existing,\n  ...rest,\n};')] }),
  agentCase('a stub that was asked for', 'pass', {
    calls: [writes('/app/a.py', 'def f():\n    pass  # TODO: implement\n')],
    history: [says('Write me a skeleton of that module')],
  }),
  agentCase('a comment that was there before', 'pass', {
    calls: [edits(PATH, '// ... existing code ...\nlet a;', '// ... existing code ...\nlet b;')],
    history: wasRead(PATH, '// ... existing code ...\nlet a;'),
  }),
  agentCase('an abstract method', 'pass', {
    calls: [writes('/app/a.py', 'class A:\n    def f(self):\n        raise NotImplementedError\n')],
  }),
  agentCase('a string that prints dots', 'pass', { calls: [writes(PATH, "log('... existing code');")] }),
  agentCase('a document', 'not_applicable', { calls: [writes('/app/README.md', '// ... existing code ...')] }),
  agentCase('a command', 'not_applicable', { calls: [runs('echo "# ... rest of the code"')] }),
  agentCase('a tool that merges sketches', 'not_applicable', {
    calls: [{ name: 'edit_file', input: { target_file: PATH, code_edit: '// ... existing code ...\nlet a;' } }],
  }),
  agentCase('an answer in words', 'not_applicable', { text: '// ... rest of the code' }),
];
