import type { Command } from 'commander';
import { activatePolicy, pinPolicy, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { findPolicy, listPolicies, type Policy, readPolicy } from '#shared/database/policy-store.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { describePolicyDiff } from './policy-diff.ts';
import { age, printJson, printLine, printTable } from './print.ts';

interface ChangeOptions extends CommandOptions {
  readonly reason?: string;
  readonly pin?: boolean;
}

const LISTED_MAX = 50;

export function registerPolicies(program: Command, context: CommandContext): void {
  const policies = program
    .command('policies')
    .description('Versioned routing policies: list, diff, activate, roll back');
  policies
    .command('list')
    .description('Versions, newest first, and which one serves')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies list')
    .action((options: CommandOptions) => list(context, options));
  policies
    .command('diff <policy> [other]')
    .description('What a version changes against another one, or against its parent')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies diff v2\n  trimtab policies diff v2 v1')
    .action((name: string, other: string | undefined, options: CommandOptions) => diff(context, name, other, options));
  policies
    .command('activate <policy>')
    .description('Make a version the stable one, for all traffic, at once')
    .option('--reason <text>', 'why; written in the audit log', 'activated from the command line')
    .option('--pin', 'and keep the optimizer from moving away from it until `optimize resume`')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies activate v2 --reason "reviewed with the platform team"')
    .action((name: string, options: ChangeOptions) => activate(context, name, options));
  policies
    .command('pin <policy>')
    .description('The same as `activate --pin`')
    .option('--reason <text>', 'why; written in the audit log', 'pinned from the command line')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies pin v1 --reason "release week"')
    .action((name: string, options: ChangeOptions) => activate(context, name, { ...options, pin: true }));
  policies
    .command('rollback')
    .description('Take the latest change out of service: the running canary, else the stable version')
    .option('--reason <text>', 'why; written in the audit log', 'rolled back from the command line')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab policies rollback --reason "users see empty answers"\n\nWorks while the optimizer is down.',
    )
    .action((options: ChangeOptions) => rollback(context, options));
}

async function list(context: CommandContext, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const [versions, pointer] = [
    await listPolicies(database, projectId, { limit: LISTED_MAX }),
    await readPointer(database, projectId),
  ];
  const slot = (policy: Policy): string => {
    if (policy.policyId === pointer?.stable) return 'stable';
    if (policy.policyId === pointer?.canary) return 'canary';
    return pointer?.revoked.includes(policy.policyId) ? 'rolled back' : '';
  };
  if (options.json === true) {
    printJson(context, {
      epoch: pointer?.epoch ?? null,
      policies: versions.map((policy) => ({ ...policy, slot: slot(policy) })),
    });
    return;
  }
  const rows = versions.map((policy) => [
    `v${policy.number}`,
    slot(policy),
    policy.policyId.slice(0, 12),
    policy.author,
    age(policy.createdAt, context.now()),
    policy.reason,
  ]);
  printTable(context, ['version', 'serves', 'id', 'author', 'age', 'reason'], rows);
  if (versions.length === 0) printLine(context, 'No policy yet: `trimtab up` makes v1 of the routes in trimtab.yaml.');
}

async function diff(
  context: CommandContext,
  name: string,
  other: string | undefined,
  options: CommandOptions,
): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const policy = await findPolicy(database, projectId, name);
  const base =
    other !== undefined
      ? await findPolicy(database, projectId, other)
      : policy.parentId === null
        ? null
        : await readPolicy(database, projectId, policy.parentId);
  const lines = describePolicyDiff(base?.body ?? null, policy.body);
  if (options.json === true) {
    printJson(context, {
      policyId: policy.policyId,
      number: policy.number,
      against: base?.policyId ?? null,
      changes: lines,
    });
    return;
  }
  printLine(context, `v${policy.number} against ${base === null ? 'nothing' : `v${base.number}`}: ${policy.reason}`);
  for (const line of lines.length === 0 ? ['no difference'] : lines) printLine(context, `  ${line}`);
}

async function activate(context: CommandContext, name: string, options: ChangeOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const policy = await findPolicy(database, projectId, name);
  const change = { projectId, policyId: policy.policyId, actor: commandActor(), reason: options.reason ?? '' };
  const moved = options.pin === true ? await pinPolicy(database, change) : await activatePolicy(database, change);
  if (options.json === true)
    printJson(context, { policyId: policy.policyId, number: policy.number, epoch: moved.epoch });
  else printLine(context, `v${policy.number} is stable and serves all traffic (epoch ${moved.epoch}).`);
}

async function rollback(context: CommandContext, options: ChangeOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const result = await rollBack(database, { projectId, actor: commandActor(), reason: options.reason ?? '' });
  if (options.json === true) {
    printJson(context, result);
    return;
  }
  const revoked = await readPolicy(database, projectId, result.revoked);
  const stable = await readPolicy(database, projectId, result.stable);
  printLine(
    context,
    `v${revoked?.number} is out of service (${result.slot}); v${stable?.number} serves (epoch ${result.epoch}).`,
  );
}
