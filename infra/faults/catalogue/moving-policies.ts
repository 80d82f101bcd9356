import { BOTH, type CatalogueRow, testsOf } from './catalogue-row.ts';

export const MOVING_POLICIES: readonly CatalogueRow[] = [
  {
    fault: 3,
    row: 'optimizer-cut',
    what: 'a writer of policies is cut off at any moment of its move',
    criterion: 'moved whole or not at all; one current epoch',
    backends: ['any'],
    tests: testsOf(
      'services/optimizer/runs.db.test.ts',
      'are taken over when the lease of a dead optimizer has ended, and its late writes are refused',
    ),
  },
  {
    fault: 3,
    row: 'optimizer-killed',
    what: 'an optimizer is killed before and after every statement of its nightly run that writes; another takes over',
    criterion:
      'the policy id of an undisturbed run, each change told once, the old or the new and no mixture; a lease is respected, and what arrives late is refused',
    backends: ['any'],
    tests: [],
  },
  {
    fault: 19,
    row: 'optimizers-together',
    what: 'five optimizers, each a process, ask for the run of the night at the same moment',
    criterion: 'one run, taken once; one policy, one rollout',
    backends: ['any'],
    tests: [],
  },
  {
    fault: 19,
    row: 'optimizer-asleep',
    what: 'an optimizer sleeps in its run until its lease has ended and another one is done, and wakes',
    criterion: 'it moves nothing, writes nothing of the run any more, and goes on living',
    backends: ['any'],
    tests: [],
  },
  {
    fault: 19,
    row: 'optimizers-five',
    what: 'five writers at once, one of which sleeps between its look and its move',
    criterion: 'one wins each epoch; who slept is refused by the database',
    backends: ['any'],
    tests: testsOf(
      'services/optimizer/runs.db.test.ts',
      'are taken over when the lease of a dead optimizer has ended, and its late writes are refused',
    ),
  },
  {
    fault: 20,
    row: 'rollback-partitioned',
    what: 'a policy is rolled back while its gateway is cut off for 60 s',
    criterion: 'calls are served meanwhile; 10 s after it heals the gateway has followed, and never goes back',
    backends: ['any'],
    tests: [],
  },
  {
    fault: 20,
    row: 'policy-staleness',
    what: 'policies move every quarter of a second, and some moves are told to nobody',
    criterion: 'applied within 2 s by notification (99 of 100), within 10 s by the poll',
    backends: ['any'],
    tests: [],
  },
  {
    fault: 24,
    row: 'bad-policy',
    what: 'a policy that harms is rolled out, or becomes stable',
    criterion:
      'rolled back by itself within the sessions that are configured; one that is the same as before in 5 nights of 100 at the most',
    backends: BOTH,
    tests: [
      ...testsOf(
        'services/optimizer/advance-rollout.db.test.ts',
        'is rolled back when the canary does harm, which revokes it',
        'does not roll back a canary that is the same as the control',
      ),
      ...testsOf(
        'services/optimizer/watch-alarms.db.test.ts',
        'rolls back to the previous policy at once on a large drop',
      ),
    ],
  },
];
