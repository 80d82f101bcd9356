import type { Command } from 'commander';
import { changeClusterStatus } from '#shared/database/clusters/change-status.ts';
import { readClusterRow, survivorOf } from '#shared/database/clusters/cluster-row.ts';
import { assignCluster, commentCluster, labelCluster, renameCluster } from '#shared/database/clusters/edit-cluster.ts';
import { type ClusterChange, mergeClusters } from '#shared/database/clusters/merge-clusters.ts';
import { splitCluster } from '#shared/database/clusters/split-cluster.ts';
import type { Database } from '#shared/database/connect.ts';
import { findPolicy } from '#shared/database/policy-store.ts';
import type { ClusterStatus } from '#shared/domain/failure-cluster.ts';
import { TrimtabError } from '#shared/errors.ts';
import { rateBeforeResolving } from '../../services/optimizer/clusters/assess-clusters.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { findCluster, minSessionsOf } from './find-cluster.ts';
import { printable, printJson, printLine } from './print.ts';

interface ChangeOptions extends CommandOptions {
  readonly reason: string;
}

interface Change {
  readonly database: Database;
  readonly by: ClusterChange;
  readonly clusterId: string;
}

/** `trimtab clusters resolve`, `merge` and the other changes; each asks for a reason, which the audit log keeps. */
export function registerClusterChanges(clusters: Command, context: CommandContext): void {
  registerStatuses(clusters, context);
  const define = (usage: string, description: string, example: string) =>
    clusters
      .command(usage)
      .description(description)
      .option('--reason <text>', 'why; it is kept in the audit log', '')
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  trimtab clusters ${example}`);
  define('merge <cluster> <others...>', 'Merge other clusters into one, for good', 'merge 7d3a91c2 1f9b6a50').action(
    (name: string, others: string[], options: ChangeOptions) =>
      change(context, name, options, async ({ database, by, clusterId }) => {
        const clusterIds: string[] = [];
        for (const other of others) clusterIds.push(await findCluster(context, other));
        await mergeClusters(database, by, { into: clusterId, clusterIds });
      }),
  );
  define('split <cluster> <templates...>', 'Take templates out into a cluster of their own', 'split 7d3a91c2 c2a4…')
    .option('--name <name>', 'what the new cluster is called')
    .action((name: string, templateIds: string[], options: ChangeOptions & { readonly name?: string }) =>
      change(context, name, options, async ({ database, by, clusterId }) => {
        const minSessions = await minSessionsOf(context);
        return await splitCluster(
          database,
          { ...by, minSessions },
          { clusterId, templateIds, name: options.name ?? null },
        );
      }),
    );
  define('assign <cluster> [person]', 'Give a cluster to somebody, or to nobody', 'assign 7d3a91c2 ann').action(
    (name: string, person: string | undefined, options: ChangeOptions) =>
      change(context, name, options, ({ database, by, clusterId }) =>
        assignCluster(database, by, clusterId, person ?? null),
      ),
  );
  define('rename <cluster> <name>', 'Name a cluster; nothing names it again', 'rename 7d3a91c2 "Broken edits"').action(
    (name: string, called: string, options: ChangeOptions) =>
      change(context, name, options, ({ database, by, clusterId }) => renameCluster(database, by, clusterId, called)),
  );
  define('comment <cluster> <text>', 'Say something of a cluster', 'comment 7d3a91c2 "vendor ticket 81"').action(
    (name: string, text: string, options: ChangeOptions) =>
      change(context, name, options, async ({ database, by, clusterId }) => {
        await commentCluster(database, by, clusterId, text);
      }),
  );
  const labelled = 'label 7d3a91c2 azure -- -untriaged';
  define('label <cluster> <labels...>', 'Put labels on a cluster; behind --, -name takes one off', labelled).action(
    (name: string, labels: string[], options: ChangeOptions) =>
      change(context, name, options, ({ database, by, clusterId }) =>
        labelCluster(database, by, clusterId, {
          add: labels.filter((label) => !label.startsWith('-')),
          remove: labels.filter((label) => label.startsWith('-')).map((label) => label.slice(1)),
        }),
      ),
  );
}

const STATUSES: readonly (readonly [string, ClusterStatus, string])[] = [
  ['ignore', 'ignored', 'Never speak of a cluster again, whatever it does'],
  ['archive', 'archived', 'Put a cluster away until it escalates'],
  ['reopen', 'ongoing', 'Take a cluster up again'],
];

function registerStatuses(clusters: Command, context: CommandContext): void {
  clusters
    .command('resolve <cluster>')
    .description('Say that a cluster is mended; failures on the policy or a later one can prove otherwise')
    .option('--policy <policy>', 'the policy that mends it: v3, or the start of its id')
    .option('--reason <text>', 'why; it is kept in the audit log', '')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab clusters resolve 7d3a91c2 --policy v3 --reason "new prefix"')
    .action((name: string, options: ChangeOptions & { readonly policy?: string }) =>
      change(context, name, options, async ({ database, by, clusterId }) => {
        const { projectId, actor, reason } = by;
        const { policy } = options;
        const policyId = policy === undefined ? null : (await findPolicy(database, projectId, policy)).policyId;
        const rate = await rateBeforeResolving({ database, now: context.now }, projectId, clusterId);
        const resolved = { status: 'resolved', reason, actor, policyId, rate, now: new Date(context.now()) } as const;
        await changeClusterStatus(database, projectId, clusterId, resolved);
      }),
    );
  for (const [verb, status, description] of STATUSES) {
    clusters
      .command(`${verb} <cluster>`)
      .description(description)
      .option('--reason <text>', 'why; it is kept in the audit log', '')
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  trimtab clusters ${verb} 7d3a91c2`)
      .action((name: string, options: ChangeOptions) =>
        change(context, name, options, async ({ database, by: { projectId, actor, reason }, clusterId }) => {
          const now = new Date(context.now());
          await changeClusterStatus(database, projectId, clusterId, { status, reason, actor, now });
        }),
      );
  }
}

/** Makes a change and shows the cluster that stands afterwards: the one that the work names, else the one changed. */
async function change(
  context: CommandContext,
  name: string,
  options: ChangeOptions,
  work: (change: Change) => Promise<unknown>,
): Promise<void> {
  const [database, projectId] = [await context.database(), await context.project()];
  const found = await findCluster(context, name);
  const clusterId = await survivorOf(database, projectId, found);
  if (clusterId === null) throw new TrimtabError('not_found', `there is no cluster ${name}`);
  const by = { projectId, actor: commandActor(), reason: options.reason };
  const opened = await work({ database, by, clusterId });
  const standing = typeof opened === 'string' ? opened : clusterId;
  const cluster = await readClusterRow(database, projectId, standing);
  if (cluster === null) throw new TrimtabError('not_found', `cluster ${name} is gone`);
  if (options.json === true) printJson(context, cluster);
  else printLine(context, printable(`${cluster.clusterId}  ${cluster.status}  ${cluster.title}`));
}
