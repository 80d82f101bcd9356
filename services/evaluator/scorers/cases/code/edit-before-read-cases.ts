import { exchange, type ScorerCase } from '../scorer-case.ts';
import { agentCase, edits, reads, runs, says, wasRead, wasRun, wasWritten, writes } from './agent-session.ts';

const PATH = '/app/src/sum.ts';
const listed = () => exchange({ name: 'Glob', input: { pattern: '**/*.ts' } }, '/app/src/other.ts\n/app/src/lib.ts');
const unread = { severity: 'warning', expectedVsActual: 'file read before change -> edited unread' } as const;

export const EDIT_BEFORE_READ_CASES: readonly ScorerCase[] = [
  agentCase('an edit as the first thing', 'fail', { calls: [edits(PATH, 'a', 'b')] }, unread),
  agentCase(
    'an edit after another file was read',
    'fail',
    { calls: [edits(PATH, 'a', 'b')], history: wasRead('/app/src/lib.ts', 'x') },
    unread,
  ),
  agentCase(
    'an edit after a list of other files',
    'fail',
    { calls: [edits(PATH, 'a', 'b')], history: listed() },
    unread,
  ),
  agentCase(
    'the text editor tool on a file unseen',
    'fail',
    {
      calls: [
        {
          name: 'str_replace_based_edit_tool',
          input: { command: 'str_replace', path: PATH, old_str: 'a', new_str: 'b' },
        },
      ],
    },
    unread,
  ),
  agentCase('a line put into a file unseen', 'fail', {
    calls: [
      {
        name: 'str_replace_based_edit_tool',
        input: { command: 'insert', path: PATH, insert_line: 3, insert_text: 'x' },
      },
    ],
  }),
  agentCase(
    'a reading in the same reply, which is too late',
    'fail',
    { calls: [reads(PATH), edits(PATH, 'a', 'b')] },
    {
      expectedVsActual: 'file read before change -> read beside it',
    },
  ),
  agentCase('a file that was read', 'pass', { calls: [edits(PATH, 'a', 'b')], history: wasRead(PATH, 'const a = 1;') }),
  agentCase('a part that was read', 'pass', {
    calls: [edits(PATH, 'a', 'b')],
    history: exchange(reads(PATH, { offset: 10, limit: 20 }), '    10\u2192const a = 1;'),
  }),
  agentCase('a file that the agent wrote', 'pass', {
    calls: [edits(PATH, 'a', 'b')],
    history: wasWritten(PATH, 'const a = 1;'),
  }),
  agentCase('a file shown by a command', 'pass', {
    calls: [edits(PATH, 'a', 'b')],
    history: wasRun('cat src/sum.ts', 'const a = 1;'),
  }),
  agentCase('lines found by a search', 'pass', {
    calls: [edits(PATH, 'a', 'b')],
    history: exchange({ name: 'Grep', input: { pattern: 'a', output_mode: 'content' } }, 'src/sum.ts:1:const a = 1;'),
  }),
  agentCase('a file that the user showed', 'pass', {
    calls: [edits(PATH, 'a', 'b')],
    history: [says('In sum.ts there is: const a = 1;')],
  }),
  agentCase('an overwritten file that was read', 'pass', {
    calls: [writes(PATH, 'x')],
    history: wasRead(PATH, 'const a = 1;'),
  }),
  agentCase('a conversation that was cut short', 'unknown', {
    calls: [edits(PATH, 'a', 'b')],
    history: [says('This session is being continued from a previous conversation that ran out of context.')],
  }),
  agentCase('a conversation that was not captured', 'unknown', { calls: [edits(PATH, 'a', 'b')], request: null }),
  agentCase('a new file', 'not_applicable', { calls: [writes('/app/new.ts', 'export {};')], history: listed() }),
  agentCase('a command', 'not_applicable', { calls: [runs('ls')] }),
  agentCase('an answer in words', 'not_applicable', { text: 'Done.' }),
];
