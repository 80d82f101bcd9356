import { type Command, Option } from 'commander';
import { type ClusterDetail, type ClusterRow, listClusters, readCluster } from '#shared/database/cluster-store.ts';
import { clusterStatusSchema } from '#shared/domain/failure-cluster.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printable, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface ListOptions extends CommandOptions {
  readonly status?: string;
  readonly limit: string;
}

const CLUSTERS_MAX = 1_000;
const ID_CHARACTERS_MIN = 8;

export function registerClusters(program: Command, context: CommandContext): void {
  const clusters = program.command('clusters').description('Failures, grouped by what went wrong');
  clusters
    .command('list')
    .description('Clusters, latest failure first')
    .addOption(new Option('--status <status>', 'only those').choices(clusterStatusSchema.options))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab clusters list\n  trimtab clusters list --status new --json')
    .action((options: ListOptions) => list(context, options));
  clusters
    .command('show <cluster>')
    .description('One cluster by its id or name: its templates, where it lives, and example calls')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab clusters show 7d3a91c2')
    .action((name: string, options: CommandOptions) => show(context, name, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', CLUSTERS_MAX);
  const page = { limit, status: options.status };
  const clusters = await listClusters(await context.database(), await context.project(), page);
  if (options.json === true) {
    printJson(context, clusters);
    return;
  }
  const now = context.now();
  const rows = clusters.map((cluster) => [
    cluster.clusterId.slice(0, ID_CHARACTERS_MIN),
    cluster.title,
    cluster.status,
    cluster.eventCount,
    cluster.sessionCount,
    age(cluster.firstSeen, now),
    age(cluster.lastSeen, now),
  ]);
  printTable(context, ['id', 'title', 'status', 'events', 'sessions', 'first seen', 'last seen'], rows);
  if (clusters.length === 0) printLine(context, 'No failure clusters: nothing has failed often enough to make one.');
}

async function show(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const found = await findCluster(context, name);
  const cluster = await readCluster(await context.database(), await context.project(), found.clusterId);
  if (cluster === null) throw new TrimtabError('not_found', `cluster ${name} is gone`);
  if (options.json === true) printJson(context, cluster);
  else printCluster(context, cluster);
}

/** By name, by whole id, or by the start of one. */
async function findCluster(context: CommandContext, name: string): Promise<ClusterRow> {
  const clusters = await listClusters(await context.database(), await context.project(), { limit: CLUSTERS_MAX });
  const fitting = clusters.filter(
    (cluster) =>
      cluster.slug === name || (name.length >= ID_CHARACTERS_MIN && cluster.clusterId.startsWith(name.toLowerCase())),
  );
  const [only] = fitting;
  if (only === undefined) {
    throw new TrimtabError('not_found', `there is no cluster ${name}; see \`trimtab clusters list\``);
  }
  if (fitting.length > 1) throw new TrimtabError('conflict', `${name} is the start of several cluster ids`);
  return only;
}

function printCluster(context: CommandContext, cluster: ClusterDetail): void {
  const fields = {
    id: cluster.clusterId,
    name: cluster.slug,
    status: cluster.status,
    stage: cluster.stage,
    check: cluster.check,
    'prefix may fix': cluster.prefixFixable ? 'yes' : 'no',
    'first seen': cluster.firstSeen.toISOString(),
    'last seen': cluster.lastSeen.toISOString(),
    events: String(cluster.eventCount),
    sessions: String(cluster.sessionCount),
  };
  printLine(context, printable(cluster.title));
  for (const [name, value] of Object.entries(fields)) printLine(context, `  ${name.padEnd(15)} ${printable(value)}`);
  printLine(context, '\nTemplates');
  printTable(
    context,
    ['events', 'turn shape', 'expected and actual', 'template'],
    cluster.templates.map((each) => [each.eventCount, each.turnShape, each.expectedVsActual, each.template]),
  );
  printLine(context, '\nWhere it happens');
  printTable(
    context,
    ['provider', 'model', 'prefix', 'policy', 'events', 'sessions'],
    cluster.dimensions.map((each) => [
      each.provider,
      each.model,
      each.prefixId?.slice(0, 12) ?? null,
      each.policyId?.slice(0, 12) ?? null,
      each.events,
      each.sessions,
    ]),
  );
  printLine(context, '\nExample calls (trimtab calls show ID)');
  for (const callId of cluster.callIds) printLine(context, `  ${callId}`);
}
