import type { ScorerCase } from '../scorer-case.ts';
import {
  agentCase,
  edits,
  reads,
  runs,
  says,
  wasEdited,
  wasRead,
  wasRun,
  wasWritten,
  writes,
} from './agent-session.ts';

const PATH = '/app/src/sum.ts';
const TEXT =
  'export function sum(a: number, b: number) {\n  return a + b;\n}\n\nexport const ONE = 1;\nexport const TWO = 1;';
const seen = () => wasRead(PATH, TEXT);
const absent = { severity: 'error', expectedVsActual: 'text to replace once -> absent' } as const;

export const EDIT_TARGET_ABSENT_CASES: readonly ScorerCase[] = [
  agentCase(
    'text that the file never had',
    'fail',
    { calls: [edits(PATH, 'return a - b;', 'return a;')], history: seen() },
    absent,
  ),
  agentCase(
    'another indentation',
    'fail',
    { calls: [edits(PATH, '    return a + b;', 'return 0;')], history: seen() },
    absent,
  ),
  agentCase(
    'text of another file',
    'fail',
    { calls: [edits(PATH, 'def sum(a, b):', 'def add(a, b):')], history: seen() },
    absent,
  ),
  agentCase(
    'text that an earlier edit took away',
    'fail',
    {
      calls: [edits(PATH, 'return a + b;', 'return b;')],
      history: [...seen(), ...wasEdited(PATH, 'return a + b;', 'return b + a;')],
    },
    absent,
  ),
  agentCase(
    'text that stands there twice',
    'fail',
    { calls: [edits(PATH, '= 1;', '= 2;')], history: seen() },
    { expectedVsActual: 'text to replace once -> several times' },
  ),
  agentCase(
    'a second edit of one reply that the first one has made impossible',
    'fail',
    { calls: [edits(PATH, 'ONE', 'UNO'), edits(PATH, 'const ONE', 'const EINS')], history: seen() },
    absent,
  ),
  agentCase(
    'the second of several edits at once',
    'fail',
    {
      calls: [
        {
          name: 'MultiEdit',
          input: {
            file_path: PATH,
            edits: [
              { old_string: 'ONE', new_string: 'UNO' },
              { old_string: 'THREE', new_string: 'TRE' },
            ],
          },
        },
      ],
      history: seen(),
    },
    absent,
  ),
  agentCase(
    'the text editor tool on a file that it made',
    'fail',
    {
      calls: [
        {
          name: 'str_replace_based_edit_tool',
          input: { command: 'str_replace', path: PATH, old_str: 'minus', new_str: 'plus' },
        },
      ],
      history: wasWritten(PATH, TEXT),
    },
    absent,
  ),
  agentCase('text of the file', 'pass', { calls: [edits(PATH, 'return a + b;', 'return b + a;')], history: seen() }),
  agentCase('several lines with their ends', 'pass', {
    calls: [edits(PATH, '}\n\nexport const ONE = 1;\n', '}\n')],
    history: seen(),
  }),
  agentCase('the last line with an end that a view does not show', 'pass', {
    calls: [edits(PATH, 'export const TWO = 1;\n', 'export const TWO = 2;\n')],
    history: seen(),
  }),
  agentCase('all of several places', 'pass', {
    calls: [edits(PATH, '= 1;', '= 2;', { replace_all: true })],
    history: seen(),
  }),
  agentCase('text that an earlier edit put there', 'pass', {
    calls: [edits(PATH, 'return b + a;', 'return 0;')],
    history: [...seen(), ...wasEdited(PATH, 'return a + b;', 'return b + a;')],
  }),
  agentCase('curly quotes for straight ones', 'pass', {
    calls: [edits('/app/a.md', 'It\u2019s', 'It is')],
    history: wasRead('/app/a.md', "It's here."),
  }),
  agentCase('text of a file that was written', 'pass', {
    calls: [edits(PATH, 'TWO', 'ZWEI')],
    history: wasWritten(PATH, TEXT),
  }),
  agentCase('a file that was never read', 'unknown', { calls: [edits(PATH, 'x', 'y')] }),
  agentCase('a file that a command may have changed', 'unknown', {
    calls: [edits(PATH, 'return a - b;', 'return 0;')],
    history: [...seen(), ...wasRun('npx prettier --write src', 'src/sum.ts 12ms')],
  }),
  agentCase('a file that a formatter has changed', 'unknown', {
    calls: [edits(PATH, 'return a - b;', 'return 0;')],
    history: [
      ...seen(),
      says(`<system-reminder>Note: ${PATH} was modified, either by the user or by a linter.</system-reminder>`),
    ],
  }),
  agentCase('a part of a file', 'unknown', {
    calls: [edits(PATH, 'return a - b;', 'return 0;')],
    history: [
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_0', name: 'Read', input: { file_path: PATH, offset: 1, limit: 1 } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_0', content: '     1\u2192export' }] },
    ],
  }),
  agentCase('a command beside it in the same reply', 'unknown', {
    calls: [runs('sed -i s/a/b/ src/sum.ts'), edits(PATH, 'return a - b;', 'return 0;')],
    history: seen(),
  }),
  agentCase('a conversation that was not captured', 'unknown', { calls: [edits(PATH, 'x', 'y')], request: null }),
  agentCase('a new file', 'not_applicable', { calls: [writes('/app/new.ts', 'export {};')], history: seen() }),
  agentCase('an edit that makes a file', 'not_applicable', { calls: [edits('/app/new.ts', '', 'export {};')] }),
  agentCase('no call of a tool for files', 'not_applicable', { calls: [reads(PATH)], history: seen() }),
  agentCase('an answer in words', 'not_applicable', { text: 'Done.', history: seen() }),
];
