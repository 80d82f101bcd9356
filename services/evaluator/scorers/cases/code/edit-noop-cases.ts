import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, edits, says, wasRead, writes } from './agent-session.ts';

const PATH = '/app/src/sum.ts';
const none = { severity: 'warning', expectedVsActual: 'change -> none' } as const;
const blanks = { severity: 'warning', expectedVsActual: 'change -> blanks only' } as const;

export const EDIT_NOOP_CASES: readonly ScorerCase[] = [
  agentCase('a text in the place of itself', 'fail', { calls: [edits(PATH, 'return a;', 'return a;')] }, none),
  agentCase(
    'the same for the text editor tool',
    'fail',
    {
      calls: [
        {
          name: 'str_replace_based_edit_tool',
          input: { command: 'str_replace', path: PATH, old_str: 'a', new_str: 'a' },
        },
      ],
    },
    none,
  ),
  agentCase(
    'one of several edits',
    'fail',
    {
      calls: [
        {
          name: 'MultiEdit',
          input: {
            file_path: PATH,
            edits: [
              { old_string: 'a', new_string: 'b' },
              { old_string: 'c', new_string: 'c' },
            ],
          },
        },
      ],
    },
    none,
  ),
  agentCase(
    'a file written as it was',
    'fail',
    { calls: [writes(PATH, 'const a = 1;\n')], history: wasRead(PATH, 'const a = 1;') },
    none,
  ),
  agentCase(
    'blanks at the ends of lines',
    'fail',
    { calls: [edits(PATH, 'return a; \nreturn b;', 'return a;\nreturn b;')] },
    blanks,
  ),
  agentCase(
    'another indentation, where it means nothing',
    'fail',
    { calls: [edits(PATH, '  return a;', '    return a;')] },
    blanks,
  ),
  agentCase('lines joined', 'fail', { calls: [edits('/app/a.go', 'f(\n\ta,\n\tb)', 'f( a, b)')] }, blanks),
  agentCase('other code', 'pass', { calls: [edits(PATH, 'return a;', 'return b;')] }),
  agentCase('code taken away', 'pass', { calls: [edits(PATH, 'return a;', '')] }),
  agentCase('an indentation in Python', 'pass', { calls: [edits('/app/a.py', '  return a', '    return a')] }),
  agentCase('a nesting in YAML', 'pass', { calls: [edits('/app/a.yaml', 'a:\nb: 1', 'a:\n  b: 1')] }),
  agentCase('blanks that were asked for', 'pass', {
    calls: [edits(PATH, '  return a;', '    return a;')],
    history: [says('Fix the indentation of that file')],
  }),
  agentCase('a recipe of make, where a tab is a word', 'pass', {
    calls: [edits('/app/Makefile', '    cc a.c', '\tcc a.c')],
  }),
  agentCase('a file written anew', 'pass', {
    calls: [writes(PATH, 'const a = 2;\n')],
    history: wasRead(PATH, 'const a = 1;'),
  }),
  agentCase('a new file', 'not_applicable', { calls: [writes('/app/new.ts', 'export {};')] }),
  agentCase('no edit', 'not_applicable', { calls: [{}] }),
  agentCase('an answer in words', 'not_applicable', { text: 'Done.' }),
];
