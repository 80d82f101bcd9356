import type { Command } from 'commander';
import { parseDuration } from '#shared/config/duration.ts';
import { createKeyStore } from '#shared/database/key-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';

interface CreateOptions extends CommandOptions {
  readonly developer?: string;
  readonly repo?: string;
  readonly team?: string;
  readonly expires?: string;
}

export function registerKeys(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('Virtual keys: what clients authenticate with at the gateway');
  keys
    .command('create <name>')
    .description('Make a key; its secret is shown this once')
    .option('--developer <name>', 'whose calls these are')
    .option('--repo <name>', 'which repository they are for')
    .option('--team <name>', 'which team pays for them')
    .option('--expires <duration>', 'from now, as 90d')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab keys create ada-laptop --developer ada --repo web --expires 90d')
    .action((name: string, options: CreateOptions) => create(context, name, options));
  keys
    .command('list')
    .description('All keys, revoked ones too; never their secrets')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab keys list')
    .action((options: CommandOptions) => list(context, options));
  keys
    .command('revoke <key>')
    .description('Refuse a key from now on, by its id or its shown prefix; gateways follow within seconds')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab keys revoke tt_4fQz')
    .action(async (key: string, options: CommandOptions) => {
      const store = createKeyStore(await context.database());
      const revoked = await store.revoke(await context.project(), key, commandActor());
      if (options.json === true) printJson(context, { keyId: revoked.keyId, revokedAt: revoked.revokedAt });
      else printLine(context, `Revoked ${revoked.name} (${revoked.prefix}).`);
    });
}

async function create(context: CommandContext, name: string, options: CreateOptions): Promise<void> {
  const lifetimeMs = options.expires === undefined ? undefined : parseDuration(options.expires);
  if (options.expires !== undefined && lifetimeMs === undefined) {
    throw new TrimtabError('invalid_request', `--expires takes a duration such as 90d, not "${options.expires}"`);
  }
  const { developer, repo, team } = options;
  const expiresAt = lifetimeMs === undefined ? null : new Date(context.now() + lifetimeMs);
  const projectId = await context.project();
  const store = createKeyStore(await context.database());
  const key = await store.create({ projectId, name, developer, repo, team, expiresAt, actor: commandActor() });
  if (options.json === true) {
    printJson(context, key);
    return;
  }
  printLine(context, key.secret);
  printLine(context, 'Keep it: it is not shown again. Clients send it as x-api-key or as a bearer token:');
  printLine(context, `  export ANTHROPIC_AUTH_TOKEN=${key.secret}`);
}

async function list(context: CommandContext, options: CommandOptions): Promise<void> {
  const keys = await createKeyStore(await context.database()).list(await context.project());
  if (options.json === true) {
    printJson(context, keys);
    return;
  }
  const now = context.now();
  const state = (key: (typeof keys)[number]): string => {
    if (key.revokedAt !== null) return 'revoked';
    return key.expiresAt !== null && key.expiresAt.getTime() <= now ? 'expired' : 'active';
  };
  const rows = keys.map((key) => [
    key.name,
    key.prefix,
    state(key),
    key.developer,
    key.repo,
    key.team,
    age(key.createdAt, now),
  ]);
  printTable(context, ['name', 'key', 'state', 'developer', 'repo', 'team', 'age'], rows);
  if (keys.length === 0) {
    printLine(
      context,
      'No key yet: the gateway takes any credential, on loopback only. Make one: trimtab keys create NAME',
    );
  }
}
