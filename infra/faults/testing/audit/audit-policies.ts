import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { contentHash } from '#shared/content-hash.ts';
import { readAudit, verifyAuditChain } from '#shared/database/audit-log.ts';
import type { Database } from '#shared/database/connect.ts';
import type { PolicySample } from '../policy-watch.ts';
import { type Violation, violationOf } from './violation.ts';

export interface PolicyEvidence {
  readonly database: Database;
  readonly projectId: string;
  /** What each gateway applied, and when it was seen. */
  readonly samples: readonly PolicySample[];
  /** Copies of policies on the gateways' disks. */
  readonly copies: readonly string[];
}

const EVENTS_MAX = 100_000;
const moveSchema = z.looseObject({ after: z.looseObject({ stable: z.string(), epoch: z.number() }) });
const copySchema = z.looseObject({
  epoch: z.number(),
  stable: z.looseObject({ policyId: z.string(), body: z.unknown() }),
});

/** I3: one pointer, one line of epochs, and contents that are what their names say, in tables and on disks. */
export async function auditLinearity(evidence: PolicyEvidence): Promise<readonly Violation[]> {
  const { database, projectId, samples, copies } = evidence;
  const pointers = await database.selectFrom('policyPointer').selectAll().where('projectId', '=', projectId).execute();
  const policies = await database.selectFrom('policy').selectAll().where('projectId', '=', projectId).execute();
  const events = await readAudit(database, projectId, { after: 0, limit: EVENTS_MAX });
  const moves = events.flatMap(({ details }) => moveSchema.safeParse(details).data?.after ?? []);
  const [pointer] = pointers;
  const stable = policies.find(({ policyId }) => policyId === pointer?.stable);
  const read = copies.filter(existsSync).map((path) => copySchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
  const isAhead = ({ epoch }: { readonly epoch: number | null }) => epoch !== null && epoch > (pointer?.epoch ?? 0);
  const statuses = await database.selectFrom('gatewayStatus').selectAll().where('projectId', '=', projectId).execute();
  return [
    ...violationOf('I3', 'a project has not exactly one pointer', pointers.length === 1 ? [] : [pointers]),
    ...violationOf(
      'I3',
      'the pointer names a policy that is not there or not approved',
      stable?.state === 'approved' ? [] : [pointer],
    ),
    ...violationOf(
      'I3',
      'a policy is not what its name says',
      policies.filter(({ policyId, body }) => contentHash(body) !== policyId).map(({ policyId }) => policyId),
    ),
    ...violationOf(
      'I3',
      'epochs of the log do not rise',
      moves.filter(({ epoch }, index) => epoch <= (moves[index - 1]?.epoch ?? 0)),
    ),
    ...violationOf('I3', 'the log ends at another epoch than the pointer', lastUnlike(moves, pointer)),
    ...violationOf('I3', 'a gateway went back to an older epoch', steps(samples).filter(isBackward)),
    ...violationOf('I3', 'a gateway reports an epoch that never was', statuses.filter(isAhead)),
    ...violationOf('I3', 'a copy holds an epoch that never was', read.filter(isAhead)),
    ...violationOf(
      'I3',
      'a copy is not what its name says',
      read.filter(({ stable }) => contentHash(stable.body) !== stable.policyId),
    ),
  ];
}

function lastUnlike(
  moves: readonly { readonly epoch: number; readonly stable: string }[],
  pointer: { readonly epoch: number; readonly stable: string } | undefined,
): readonly unknown[] {
  const last = moves.at(-1);
  if (last === undefined || pointer === undefined) return [];
  return last.epoch <= pointer.epoch && last.stable === pointer.stable ? [] : [{ last, pointer }];
}

type Step = readonly [PolicySample, PolicySample];

function steps(samples: readonly PolicySample[]): readonly Step[] {
  const last = new Map<string, PolicySample>();
  return samples.flatMap((sample) => {
    const before = last.get(sample.gateway);
    last.set(sample.gateway, sample);
    return before === undefined ? [] : [[before, sample] as const];
  });
}

function isBackward([before, after]: Step): boolean {
  return after.epoch < before.epoch;
}

/** I7: nobody changed the log, and nobody changed anything without a name and a reason. */
export async function auditChain(database: Database, projectId: string): Promise<readonly Violation[]> {
  const verdict = await verifyAuditChain(database, projectId);
  const events = await readAudit(database, projectId, { after: 0, limit: EVENTS_MAX });
  return [
    ...violationOf('I7', 'the chain is broken', verdict.valid ? [] : [verdict]),
    ...violationOf(
      'I7',
      'a change has no actor or no reason',
      events.filter(({ actor, reason }) => actor.trim() === '' || reason.trim() === ''),
    ),
  ];
}
