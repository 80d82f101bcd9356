import type { Database } from '../connect.ts';

/** What a person decided about two templates. */
export interface TemplatePin {
  readonly kind: 'together' | 'apart';
  readonly templateIds: readonly [string, string];
}

/** All pins of a project, oldest first: where two contradict, the newer one holds. */
export async function readPins(database: Database, projectId: string): Promise<readonly TemplatePin[]> {
  const rows = await database
    .selectFrom('clusterPin')
    .select(['kind', 'templateId', 'otherTemplateId'])
    .where('projectId', '=', projectId)
    .orderBy('sequence')
    .execute();
  return rows.map(({ kind, templateId, otherTemplateId }) => ({
    kind: kind === 'together' ? 'together' : 'apart',
    templateIds: [templateId, otherTemplateId],
  }));
}

/** Whether people decided anything since a moment: what was planned before it may contradict them. */
export async function hasPinsSince(database: Database, projectId: string, since: Date): Promise<boolean> {
  const pin = await database
    .selectFrom('clusterPin')
    .select('sequence')
    .where('projectId', '=', projectId)
    .where('createdAt', '>', since)
    .limit(1)
    .executeTakeFirst();
  return pin !== undefined;
}

/** Pins every template to the first: a person said that they are one failure. */
export async function pinTogether(
  transaction: Database,
  projectId: string,
  templateIds: readonly string[],
  actor: string,
): Promise<void> {
  const [first, ...others] = templateIds;
  if (first === undefined || others.length === 0) return;
  await transaction
    .insertInto('clusterPin')
    .values(others.map((other) => ({ projectId, kind: 'together', templateId: first, otherTemplateId: other, actor })))
    .execute();
}

/** Pins two templates, and whatever is pinned to each, apart. */
export async function pinApart(
  transaction: Database,
  projectId: string,
  [templateId, otherTemplateId]: readonly [string, string],
  actor: string,
): Promise<void> {
  await transaction
    .insertInto('clusterPin')
    .values({ projectId, kind: 'apart', templateId, otherTemplateId, actor })
    .execute();
}
