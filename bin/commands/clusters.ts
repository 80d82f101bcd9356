import { type Command, Option } from 'commander';
import { CLUSTER_SORTS, type ClusterSort, listClusters } from '#shared/database/clusters/list-clusters.ts';
import { readCluster } from '#shared/database/clusters/read-cluster.ts';
import { readExamples } from '#shared/database/clusters/read-examples.ts';
import { clusterStatusSchema, clusterTrendSchema } from '#shared/domain/failure-cluster.ts';
import { severitySchema } from '#shared/domain/score.ts';
import { TrimtabError } from '#shared/errors.ts';
import { registerClusterChanges } from './clusters-change.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { findCluster, minSessionsOf } from './find-cluster.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { printCluster } from './print-cluster.ts';
import { readCount } from './read-count.ts';
import { readSince } from './read-since.ts';

interface ListOptions extends CommandOptions {
  readonly status?: string[];
  readonly severity?: string[];
  readonly trend?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly tool?: string;
  readonly assignee?: string;
  readonly label?: string;
  readonly since?: string;
  readonly sort: ClusterSort;
  readonly limit: string;
}

const CLUSTERS_MAX = 1_000;
const ID_CHARACTERS = 8;

export function registerClusters(program: Command, context: CommandContext): void {
  const clusters = program.command('clusters').description('Failures, grouped by what went wrong');
  clusters
    .command('list')
    .description('Clusters, highest first by what they are sorted by')
    .addOption(new Option('--status <status...>', 'only those').choices(clusterStatusSchema.options))
    .addOption(new Option('--severity <severity...>', 'only those').choices(severitySchema.options))
    .addOption(new Option('--trend <trend>', 'only those').choices(clusterTrendSchema.options))
    .option('--provider <provider>', 'only those met on it')
    .option('--model <model>', 'only those met on it')
    .option('--tool <tool>', 'only those met in its calls')
    .option('--assignee <name>', 'only those that somebody has')
    .option('--label <label>', 'only those with it')
    .option('--since <time>', 'only those met since: 24h, 7d, or a date')
    .addOption(new Option('--sort <what>', 'by what').choices(Object.keys(CLUSTER_SORTS)).default('lastSeen'))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab clusters list --status new escalating --provider azure --since 7d')
    .action((options: ListOptions) => list(context, options));
  clusters
    .command('show <cluster>')
    .description('One cluster by its id or name: its templates, where it lives, policies, and example calls')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab clusters show 7d3a91c2')
    .action((name: string, options: CommandOptions) => show(context, name, options));
  registerClusterChanges(clusters, context);
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { status, severity, trend, provider, model, tool, assignee, label, sort } = options;
  const now = context.now();
  const rows = await listClusters(await context.database(), await context.project(), {
    ...{ status, severity, trend, provider, model, tool, assignee, label, sort },
    since: options.since === undefined ? undefined : readSince(options.since, now),
    limit: readCount(options.limit, '--limit', CLUSTERS_MAX),
    minSessions: await minSessionsOf(context),
  });
  const clusters = rows.map(({ sortValue: _sortValue, ...cluster }) => cluster);
  if (options.json === true) {
    printJson(context, clusters);
    return;
  }
  const table = clusters.map((cluster) => [
    cluster.clusterId.slice(0, ID_CHARACTERS),
    cluster.title,
    cluster.status,
    cluster.severity,
    cluster.trend,
    cluster.eventCount,
    cluster.recentCount,
    cluster.sessionCount,
    age(cluster.firstSeen, now),
    age(cluster.lastSeen, now),
    cluster.assignee,
  ]);
  const headings = ['id', 'title', 'status', 'severity', 'trend', 'events', '24 h', 'sessions', 'first seen'];
  printTable(context, [...headings, 'last seen', 'with'], table);
  if (clusters.length === 0) printLine(context, 'No failure clusters: nothing has failed often enough to make one.');
}

async function show(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const [database, project] = [await context.database(), await context.project()];
  const cluster = await readCluster(database, project, await findCluster(context, name));
  if (cluster === null) throw new TrimtabError('not_found', `cluster ${name} is gone`);
  const examples = await readExamples(database, project, cluster.clusterId);
  if (options.json === true) printJson(context, { ...cluster, examples });
  else printCluster(context, cluster, examples);
}
