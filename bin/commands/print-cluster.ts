import type { ClusterDetail } from '#shared/database/clusters/read-cluster.ts';
import type { ClusterExample } from '#shared/database/clusters/read-examples.ts';
import type { CommandContext } from './command-context.ts';
import { printable, printLine, printTable } from './print.ts';

const PERCENT = 100;
const ID_CHARACTERS = 12;

/** A cluster as a page of text. */
export function printCluster(
  context: CommandContext,
  cluster: ClusterDetail,
  examples: readonly ClusterExample[],
): void {
  printLine(context, printable(cluster.title));
  for (const [name, value] of Object.entries(fieldsOf(cluster))) {
    printLine(context, `  ${name.padEnd(15)} ${printable(value)}`);
  }
  for (const { dimension, value, rate, restRate, lift } of cluster.attribution) {
    const text = `${dimension} ${value}: ${percent(rate)} of the calls, elsewhere ${percent(restRate)}, lift ${lift.toFixed(1)}`;
    printLine(context, `  ${'proven on'.padEnd(15)} ${printable(text)}`);
  }
  printTemplates(context, cluster);
  printLine(context, '\nWhere it happens');
  printTable(
    context,
    ['dimension', 'value', 'events', 'calls', 'rate'],
    cluster.dimensions.map(({ dimension, value, events, calls, rate }) => [
      ...[dimension, value.slice(0, 40), events, calls, rate === null ? null : percent(rate)],
    ]),
  );
  printHistory(context, cluster);
  printLine(context, '\nExample calls (trimtab calls show ID)');
  for (const { role, callId } of examples) printLine(context, `  ${callId}  ${role}`);
}

function fieldsOf(cluster: ClusterDetail): Readonly<Record<string, string>> {
  const { recentRate, baselineRate } = cluster;
  return {
    id: cluster.clusterId,
    name: cluster.slug,
    status: `${cluster.status} since ${cluster.statusSince.toISOString()}`,
    ...(cluster.statusReason === null || cluster.statusReason === '' ? {} : { because: cluster.statusReason }),
    severity: cluster.severity,
    trend: cluster.trend,
    stage: cluster.stage,
    check: cluster.check,
    'prefix may fix': cluster.prefixFixable ? 'yes' : 'no',
    'first seen': cluster.firstSeen.toISOString(),
    'last seen': cluster.lastSeen.toISOString(),
    events: String(cluster.eventCount),
    sessions: String(cluster.sessionCount),
    ...(recentRate === null ? {} : { 'rate, 24 h': percent(recentRate) }),
    ...(baselineRate === null ? {} : { 'week before': percent(baselineRate) }),
    ...(cluster.assignee === null ? {} : { with: cluster.assignee }),
    ...(cluster.labels.length === 0 ? {} : { labels: cluster.labels.join(', ') }),
    ...(cluster.rubric === null ? {} : { rubric: cluster.rubric }),
  };
}

function printTemplates(context: CommandContext, cluster: ClusterDetail): void {
  printLine(context, '\nTemplates');
  printTable(
    context,
    ['events', 'turn shape', 'expected and actual', 'template'],
    cluster.templates.map((each) => [each.eventCount, each.turnShape, each.expectedVsActual, each.template]),
  );
}

function printHistory(context: CommandContext, cluster: ClusterDetail): void {
  if (cluster.policies.length > 0) {
    printLine(context, '\nUnder each policy');
    printTable(
      context,
      ['policy', 'events', 'calls', 'rate'],
      cluster.policies.map(({ number, events, calls, rate }) => [
        ...[`v${number}`, events, calls, rate === null ? null : percent(rate)],
      ]),
    );
  }
  for (const { policyId, kind, claimedBy } of cluster.claims) {
    printLine(context, printable(`Claimed by ${claimedBy}: policy ${policyId.slice(0, ID_CHARACTERS)} (${kind})`));
  }
  for (const { operation, parentId, childId, actor, happenedAt } of cluster.lineage) {
    const text = `${happenedAt.toISOString()} ${operation} ${parentId} -> ${childId} by ${actor}`;
    printLine(context, printable(text));
  }
  for (const { author, body, createdAt } of cluster.comments) {
    printLine(context, printable(`${createdAt.toISOString()} ${author}: ${body}`));
  }
}

function percent(share: number): string {
  return `${(share * PERCENT).toFixed(2)} %`;
}
