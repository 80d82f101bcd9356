import type { Database } from '#shared/database/connect.ts';
import type { Upstreams } from '#shared/shapes/recompute-upstream-request.ts';
import type { AskForSearchDeps } from '../ask-for-search.ts';
import type { PolicyChanges } from '../policy-changes.ts';
import type { SystemStatus } from '../system-status.ts';

/** What the routes work with. */
export interface ApiDeps {
  readonly database: Database;
  /** Under the admin role, for what a person with a token changes: the optimizer's own role may not approve for people. */
  readonly people: Database;
  readonly projectId: string;
  readonly now: () => number;
  /** Clusters that fewer different sessions met are not shown; 1 when absent. */
  readonly minClusterSessions?: number;
  /** To write again what an upstream was sent; without them that is not shown. */
  readonly upstreams?: Upstreams;
  /** To plan searches that people ask for; none can be begun without. */
  readonly searches?: Pick<AskForSearchDeps, 'optimizers' | 'options'>;
  readonly policyChanges: PolicyChanges;
  readonly readStatus: () => Promise<SystemStatus>;
  /** Has due runs worked off soon; does not wait for them. */
  readonly wake: () => void;
}
