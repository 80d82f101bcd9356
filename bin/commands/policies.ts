import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { listAudit } from '#shared/database/audit-log.ts';
import { activatePolicy, pinPolicy, readPointer, rollBack } from '#shared/database/pointer-store.ts';
import { approvePolicy, rejectPolicy } from '#shared/database/policy-approval.ts';
import { findPolicy, listPolicies, type Policy, proposePolicy, readPolicy } from '#shared/database/policy-store.ts';
import { POLICY_ACTIONS } from '#shared/domain/audit-event.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { TrimtabError } from '#shared/errors.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { printPolicy, printPolicyDiff } from './print-policy.ts';
import { readCount } from './read-count.ts';

interface ChangeOptions extends CommandOptions {
  readonly reason?: string;
  readonly pin?: boolean;
}

type ListOptions = CommandOptions & { readonly limit: string };

const LISTED_MAX = 1_000;

export function registerPolicies(program: Command, context: CommandContext): void {
  const policies = program
    .command('policies')
    .description('Versioned routing policies: list, show, diff, propose, approve, activate, roll back');
  registerReading(policies, context);
  registerDeciding(policies, context);
  registerMoving(policies, context);
}

function registerReading(policies: Command, context: CommandContext): void {
  policies
    .command('list')
    .description('Versions, newest first, and which one serves')
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies list')
    .action((options: ListOptions) => list(context, options));
  policies
    .command('show <policy>')
    .description('One version: its routes, who made it and why, who approved it, its evidence')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies show v2')
    .action((name: string, options: CommandOptions) => printPolicy(context, name, options));
  policies
    .command('diff <policy> [other]')
    .description('What a version changes against another one, or against its parent, and what that needs')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies diff v2\n  trimtab policies diff v2 v1')
    .action((name: string, other: string | undefined, options: CommandOptions) =>
      printPolicyDiff(context, name, other, options),
    );
  policies
    .command('history')
    .description('What was served when: every change with who, why and on what evidence, newest first')
    .option('--limit <n>', 'how many', '20')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab policies history --limit 5')
    .action((options: ListOptions) => history(context, options));
}

function registerDeciding(policies: Command, context: CommandContext): void {
  policies
    .command('propose <file>')
    .description('Store a JSON file, a policy or its body alone, as a proposal; nothing is served by it yet')
    .requiredOption('--reason <text>', 'why; kept with the version')
    .option('--json', 'print one JSON document')

    .addHelpText(
      'after',
      '\nExample:\n  trimtab policies show v1 --json > policy.json    # then edit its body\n  trimtab policies propose policy.json --reason "try the in-house model"',
    )
    .action((file: string, options: ChangeOptions) => propose(context, file, options));
  for (const [name, decide, text] of [
    ['approve', approvePolicy, 'Say that a proposal may be served; where two people must, the second one counts'],
    ['reject', rejectPolicy, 'Say that a proposal shall never be served'],
  ] as const) {
    policies
      .command(`${name} <policy>`)
      .description(text)
      .option(
        '--reason <text>',
        'why; written in the audit log',
        `${name === 'approve' ? 'approved' : 'rejected'} from the command line`,
      )
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  trimtab policies ${name} v2 --reason "read the diff"`)
      .action(async (policyName: string, options: ChangeOptions) => {
        const database = await context.database();
        const projectId = await context.project();
        const { policyId, number } = await findPolicy(database, projectId, policyName);
        const change = { projectId, policyId, actor: commandActor(), reason: options.reason ?? '' };
        const approval = await decide(database, change);
        if (options.json === true) printJson(context, approval);
        else {
          const { state, approvals, approvalsNeeded } = approval;
          printLine(context, `v${number} is ${state} (${approvals} of ${approvalsNeeded} approvals).`);
        }
      });
  }
}

function registerMoving(policies: Command, context: CommandContext): void {
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

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const [versions, pointer] = [
    await listPolicies(database, projectId, { limit: readCount(options.limit, '--limit', LISTED_MAX) }),
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
    policy.state,
    policy.riskClass,
    policy.policyId.slice(0, 12),
    policy.author,
    age(policy.createdAt, context.now()),
    policy.reason,
  ]);
  printTable(context, ['version', 'serves', 'state', 'needs', 'id', 'author', 'age', 'reason'], rows);
  if (versions.length === 0) printLine(context, 'No policy yet: `trimtab up` makes v1 of the routes in trimtab.yaml.');
}

async function history(context: CommandContext, options: ListOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', LISTED_MAX);
  const database = await context.database();
  const events = await listAudit(database, await context.project(), { limit, actions: POLICY_ACTIONS });
  if (options.json === true) {
    printJson(context, events);
    return;
  }
  const numbers = new Map(
    (await listPolicies(database, await context.project(), { limit: LISTED_MAX })).map(
      (policy) => [policy.policyId, `v${policy.number}`] as const,
    ),
  );
  const rows = events.map((event) => [
    event.happenedAt.toISOString(),
    event.action,
    numbers.get(event.subject) ?? event.subject.slice(0, 12),
    event.actor,
    event.reason,
  ]);
  printTable(context, ['time', 'what', 'policy', 'who', 'why'], rows);
  if (rows.length > 0) printLine(context, 'The evidence of each is in `policies history --json` and `policies show`.');
}

async function propose(context: CommandContext, file: string, options: ChangeOptions): Promise<void> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new TrimtabError('invalid_request', `${file} cannot be read as JSON: ${String(cause)}`, { cause });
  }
  const database = await context.database();
  const projectId = await context.project();
  const parentId = (await readPointer(database, projectId))?.stable ?? null;
  const { policy, created } = await proposePolicy(database, {
    ...{ projectId, body: bodyOf(document) as PolicyBody, parentId, author: commandActor() },
    ...{ reason: options.reason ?? '', evidence: { source: 'file' } },
  });
  if (options.json === true) printJson(context, { ...policy, created });
  else if (!created) printLine(context, `v${policy.number} says the same; it was proposed by ${policy.author}.`);
  else printLine(context, `v${policy.number} is proposed; \`trimtab policies diff v${policy.number}\` shows it.`);
}

/** What `policies show --json` prints has the body inside. */
function bodyOf(document: unknown): unknown {
  const isPolicy = typeof document === 'object' && document !== null && 'body' in document;
  return isPolicy ? document.body : document;
}

async function activate(context: CommandContext, name: string, options: ChangeOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const policy = await findPolicy(database, projectId, name);
  const change = { projectId, policyId: policy.policyId, actor: commandActor(), reason: options.reason ?? '' };
  const moved = options.pin === true ? await pinPolicy(database, change) : await activatePolicy(database, change);
  const held = options.pin === true ? '; the optimizer leaves it only after `trimtab optimize resume`' : '';
  if (options.json === true)
    printJson(context, { policyId: policy.policyId, number: policy.number, epoch: moved.epoch });
  else printLine(context, `v${policy.number} is stable and serves all traffic (epoch ${moved.epoch})${held}.`);
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
