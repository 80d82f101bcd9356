import { BOTH, type CatalogueRow, contractTest, testsOf } from './catalogue-row.ts';

export const KILLED_PROCESSES: readonly CatalogueRow[] = [
  {
    fault: 1,
    row: 'gateway-killed',
    what: 'the gateway is killed again and again under load',
    criterion: 'lost calls are those of the last moment, all counted; it serves again by itself',
    backends: BOTH,
    tests: [],
  },
  {
    fault: 2,
    row: 'evaluator-killed',
    what: 'an evaluator is killed in the middle of a judgement, fifty times',
    criterion:
      'no row twice and none missing; another one repeats its jobs within 45 s, and no more of them than were under way',
    backends: BOTH,
    tests: [
      ...testsOf('services/evaluator/service.db.test.ts', 'leaves no row twice and none out'),
      ...contractTest('the job of a killed worker is run by another one, as the same attempt'),
    ],
  },
  {
    fault: 17,
    row: 'deliveries',
    what: 'every job is delivered two to five times, in any order',
    criterion: 'the rows are those of one delivery',
    backends: BOTH,
    tests: [],
  },
  {
    fault: 18,
    row: 'poison-job',
    what: 'a job kills its worker each time',
    criterion: 'four deaths at the most, then it is set aside; other jobs go on',
    backends: BOTH,
    tests: [
      ...contractTest('a job that has killed more workers than allowed fails instead of running again'),
      ...testsOf('services/evaluator/service.db.test.ts', 'buries a job that can never succeed'),
    ],
  },
  {
    fault: 21,
    row: 'burst',
    what: 'ten times the calls for a while, then as before',
    criterion: 'no client error, bounded memory; what gathered is drained within 5 min',
    backends: BOTH,
    tests: [],
  },
  {
    fault: 23,
    row: 'termination',
    what: 'SIGTERM to each service under load',
    criterion: 'what was taken ends, nothing is doubled, exit within the grace period',
    backends: BOTH,
    tests: [],
  },
  {
    fault: 25,
    row: 'older-gateway',
    what: 'a gateway of the commit before the newest migration beside today’s, on today’s database and on one spool in turn',
    criterion: 'both serve, and no call is lost',
    backends: BOTH,
    tests: [],
  },
  {
    fault: 26,
    row: 'soak',
    what: 'faults drawn from this list, for as many minutes as the figure says (a day by SOAK_MINUTES=1440)',
    criterion: 'all invariants; memory and handles stay flat',
    backends: BOTH,
    tests: [],
  },
];
