import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from './command-context.ts';
import { registerCommands } from './register-commands.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
});
afterAll(() => fixture.close());

/** The words of every command that does something, found in the program itself, so that none can be forgotten. */
function leavesOf(command: Command, words: readonly string[] = []): (readonly string[])[] {
  if (command.commands.length === 0) return [words];
  return command.commands.flatMap((child) => leavesOf(child, [...words, child.name()]));
}

const program = new Command('trimtab');
// Registering reads nothing of the context.
registerCommands(program, {} as CommandContext);
const LEAVES = leavesOf(program);
/** What is missing is complained of before what is too much. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  ingest: ['--format', 'openai-chat', '--model', 'm'],
  'policies propose': ['--reason', 'r'],
  'optimize prompt': ['--cluster', 'c'],
};

describe('every command', () => {
  it('is there', () => {
    expect(LEAVES.map((words) => words.join(' '))).toEqual(
      expect.arrayContaining([
        ...[
          'up',
          'demo',
          'status',
          'doctor',
          'config check',
          'calls tail',
          'calls show',
          'scores list',
          'losses',
          'providers',
        ],
        ...['clusters list', 'clusters show', 'policies list', 'policies diff', 'policies activate'],
        ...['policies pin', 'policies rollback', 'optimize run', 'optimize pause', 'optimize resume'],
        ...['keys create', 'keys list', 'keys revoke', 'ingest', 'dlq list', 'dlq retry', 'dlq drop'],
        ...['audit list', 'audit verify', 'migrate', 'gateway', 'evaluator', 'optimizer'],
      ]),
    );
  });

  it.each(LEAVES.map((words) => [words.join(' '), words] as const))(
    '%s explains itself with an example',
    async (_name, words) => {
      const { code, stdout, stderr } = await fixture.run([...words, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: trimtab ${words.join(' ')}`);
      expect(stdout).toMatch(/Example:\n {2}\S/);
      expect(stdout.split('Example:')[1]).toContain(`trimtab ${words.join(' ')}`);
    },
  );

  it.each(LEAVES.map((words) => [words.join(' '), words] as const))(
    '%s refuses an option that it has not',
    async (_name, words) => {
      const required = REQUIRED[words.join(' ')] ?? [];
      const { code, stderr } = await fixture.run([...words, ...required, '--jsn']);
      expect(code).toBe(1);
      expect(stderr).toContain("unknown option '--jsn'");
      expect(stderr).toContain('add --help for usage');
    },
  );

  const withoutJson = ['up', 'gateway', 'evaluator', 'optimizer'];
  it.each(LEAVES.map((words) => words.join(' ')).filter((name) => !withoutJson.includes(name)))(
    '%s has --json',
    (name) => {
      const leaf = name
        .split(' ')
        .reduce<Command | undefined>((at, word) => at?.commands.find((each) => each.name() === word), program);
      expect(leaf?.options.map((option) => option.long)).toContain('--json');
    },
  );
});

describe('a mistyped command', () => {
  it('is told with the nearest one', async () => {
    const { code, stdout, stderr } = await fixture.run(['statsu']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain("trimtab: unknown command 'statsu'");
    expect(stderr).toContain('Did you mean status?');
  });

  it('is told as a document with --json', async () => {
    const { code, stderr } = await fixture.run(['policies', 'lst', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'invalid_request', message: expect.stringContaining("unknown command 'lst'") },
    });
  });

  it('shows the subcommands of a group that was named alone', async () => {
    const { code, stderr } = await fixture.run(['keys']);
    expect(code).toBe(1);
    expect(stderr).toContain('create [options] <name>');
  });
});

describe('commands on an empty system', () => {
  beforeAll(async () => {
    expect((await fixture.run(['migrate'])).code).toBe(0);
  });

  it.each([
    ...['status', 'doctor', 'config check', 'scores list', 'clusters list', 'policies list', 'policies diff v1'],
    ...['keys list', 'dlq list', 'dlq drop --all', 'audit list', 'audit verify', 'optimize pause', 'optimize resume'],
    ...['optimize run --wait 0', 'policies activate v1', 'policies pin v1', 'migrate'],
  ])('%s --json prints one document', async (line) => {
    const { stdout, json } = await fixture.run([...line.split(' '), '--json']);
    expect(stdout.indexOf('\n')).toBe(stdout.length - 1);
    expect(json()).toBeTypeOf('object');
  });

  it('says nothing of calls that there are not', async () => {
    expect(await fixture.run(['calls', 'tail', '--json'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('commands without a running system', () => {
  const reading = [
    ...[['status'], ['calls', 'tail'], ['scores', 'list'], ['clusters', 'list'], ['policies', 'list']],
    ...[
      ['keys', 'list'],
      ['keys', 'create', 'x'],
      ['dlq', 'list'],
      ['audit', 'verify'],
      ['optimize', 'pause'],
    ],
    ...[
      ['policies', 'rollback'],
      ['migrate'],
      ['ingest', '--format', 'openai-chat', '--model', 'm', import.meta.filename],
    ],
  ];

  it.each(reading.map((words) => [words.slice(0, 2).join(' '), words] as const))(
    '%s says how to start one',
    async (_name, words) => {
      const { code, stdout, stderr } = await fixture.run(words, { variables: { DATABASE_URL: undefined } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^trimtab: there is no Trimtab in .*; start one with `npm start`[^\n]*\n$/);
    },
  );

  it.each(reading.map((words) => [words.slice(0, 2).join(' '), words] as const))(
    '%s tells of a database that is down, in one document',
    async (_name, words) => {
      const nowhere = 'postgres://nobody@127.0.0.1:1/none';
      const { code, stdout, stderr } = await fixture.run([...words, '--json'], {
        variables: { DATABASE_URL: nowhere },
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(JSON.parse(stderr)).toEqual({
        error: { code: 'store_unavailable', message: expect.stringContaining('check DATABASE_URL') },
      });
    },
  );

  it('says that a database without a schema has to be migrated', async () => {
    const empty = new URL(fixture.connectionString);
    empty.pathname = '/postgres';
    const { code, stderr } = await fixture.run(['status'], { variables: { DATABASE_URL: empty.href } });
    expect(code).toBe(1);
    expect(stderr).toContain('run `trimtab migrate`');
  });
});
