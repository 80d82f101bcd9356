import type { FolderLock } from '#shared/folder-lock.ts';
import type { ChildService } from './child-service.ts';
import type { OpenDatabase } from './open-database.ts';

/** What a supervisor has started so far, in the order of starting. */
export interface Holdings {
  readonly lock: FolderLock;
  database: OpenDatabase | undefined;
  services: readonly ChildService[];
}

/** Stops everything, the last first: services end their work in the database, so it must outlive them. */
export async function stopHoldings(holdings: Holdings): Promise<void> {
  await Promise.all(holdings.services.map((service) => service.stop()));
  await holdings.database?.stop();
  holdings.lock.release();
}

/** The address of the database as it is now; services read it at each of their starts. */
export function databaseUrlOf(holdings: Holdings): string {
  return holdings.database?.url ?? '';
}
