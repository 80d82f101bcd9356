import { isDeepStrictEqual } from 'node:util';
import type { KilledRun } from './kill-cycle.ts';
import type { LeftByRun } from './left-by-run.ts';

/** What may become of a statement that comes too late: nothing. */
const HARMLESS = /^(UPDATE 0|SELECT \d+|CUT)$/;

/**
 * What must hold of a run that was killed and taken over, and does not: the same policies as of an undisturbed one, each
 * change told once, the old or the new at the moment of the kill, lease and fence respected.
 */
export function faultsOfKilledRun(whole: LeftByRun, killedRun: KilledRun): readonly string[] {
  const { left, atKill, killed, underLease, run, late } = killedRun;
  const faults: string[] = [];
  const must = (what: string, holds: boolean, found: unknown) => {
    if (!holds) faults.push(`${what}: ${JSON.stringify(found)}`);
  };
  must('the same is left as of an undisturbed run', isDeepStrictEqual(left, whole), { left, whole });
  must('the run is done', run?.status === 'done', run);

  const isMoved = atKill.epoch !== 1;
  const pointer = { stable: atKill.stable, canary: atKill.canary, epoch: atKill.epoch };
  const moved = { stable: whole.stable, canary: whole.canary, epoch: whole.epoch };
  const seeded = { stable: whole.policies.at(-1), canary: null, epoch: 1 };
  must('the pointer is the old or the new', isDeepStrictEqual(pointer, isMoved ? moved : seeded), pointer);
  const opened = isMoved ? whole.rollouts.length : 0;
  must('a rollout is there with its pointer', atKill.rollouts.length === opened, atKill);
  must('a rollout is told with its pointer', (atKill.audit['rollout.opened'] ?? 0) === opened, atKill);
  const activated = isMoved ? 1 - opened : 0;
  must('an activation is told with its pointer', (atKill.audit['policy.activated'] ?? 0) === activated, atKill);
  must(
    'a policy is told when it is stored',
    (atKill.audit['policy.proposed'] ?? 0) === atKill.policies.length - 1,
    atKill,
  );

  if (killed?.status === 'done') {
    must('a run that is done is left alone', isDeepStrictEqual(run, killed), { killed, run });
    return faults;
  }
  if (killed?.status === 'running') {
    must('nobody takes a run under its lease', isDeepStrictEqual(underLease, killed), { killed, underLease });
  }
  const [attempt, fence] = [(killed?.attempt ?? 0) + 1, (killed?.fence ?? 0) + 1];
  must('it is taken over once', run?.attempt === attempt && run.fence === fence, { killed, run });
  must('the dead one writes nothing any more', late === null || HARMLESS.test(late), late);
  return faults;
}
