import { listClusters } from '#shared/database/clusters/list-clusters.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext } from './command-context.ts';

const CLUSTERS_MAX = 5_000;
const ID_CHARACTERS_MIN = 8;
const WHOLE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a cluster by its name, by whole id, or by the start of one. */
export async function findCluster(context: CommandContext, name: string): Promise<string> {
  // Also of one that was merged away, which no list shows.
  if (WHOLE_ID.test(name)) return name.toLowerCase();
  const filter = { limit: CLUSTERS_MAX, minSessions: await minSessionsOf(context) };
  const clusters = await listClusters(await context.database(), await context.project(), filter);
  const fitting = clusters.filter(
    (cluster) =>
      cluster.slug === name || (name.length >= ID_CHARACTERS_MIN && cluster.clusterId.startsWith(name.toLowerCase())),
  );
  const [only] = fitting;
  if (only === undefined) {
    throw new TrimtabError('not_found', `there is no cluster ${name}; see \`trimtab clusters list\``);
  }
  if (fitting.length > 1) throw new TrimtabError('conflict', `${name} is the start of several cluster ids`);
  return only.clusterId;
}

/** Different sessions that must have met a cluster before it is shown; 1 without a configuration. */
export async function minSessionsOf(context: CommandContext): Promise<number> {
  return (await context.config())?.optimizer.minClusterSessions ?? 1;
}
