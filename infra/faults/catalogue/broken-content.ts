import { BOTH, type CatalogueRow, testsOf } from './catalogue-row.ts';

const GATEWAY = 'services/gateway/faults.db.test.ts';

export const BROKEN_CONTENT: readonly CatalogueRow[] = [
  {
    fault: 11,
    row: 'upstream-slow',
    what: 'an upstream does not connect, sends no first byte, falls silent in the middle, or trickles',
    criterion:
      'each wait ends within a tenth of its limit; another upstream is asked only before the first byte went out; memory stays',
    backends: BOTH,
    tests: testsOf(
      GATEWAY,
      'gives up on an upstream whose first byte does not come, and takes the fallback',
      'answers while a stream is silent with pings',
      'falls back after a ping has gone out',
    ),
  },
  {
    fault: 12,
    row: 'upstream-cut',
    what: 'an upstream is cut (FIN, RST) anywhere in a stream: in a character, in arguments of a tool',
    criterion: 'the client gets an error event, never a cut answer that looks whole; kept as incomplete, and a failure',
    backends: BOTH,
    tests: testsOf(
      GATEWAY,
      'cuts a forwarded stream between events, even when the upstream breaks inside one',
      'answers 502 to a body that breaks off, and to one that is not JSON',
    ),
  },
  {
    fault: 13,
    row: 'stream-malformed',
    what: 'a stream is cut into pieces at every place, and is not what it should be',
    criterion: 'the same output for every cut, a bound on memory, a typed error',
    backends: BOTH,
    tests: [
      ...testsOf('shared/formats/openai-chat/decode-stream.property.test.ts', ''),
      ...testsOf('shared/formats/gemini/decode-stream.property.test.ts', ''),
      ...testsOf('shared/formats/bedrock-converse/decode-stream.property.test.ts', ''),
    ],
  },
  {
    fault: 14,
    row: 'rate-limited',
    what: 'upstreams answer 429 and 529, with and without a time to wait, and with one not to be believed',
    criterion:
      'a tenth of the calls are repeated at the most, each once, late enough and at its own moment; one that fails on is asked last; others feel nothing',
    backends: BOTH,
    tests: testsOf(
      GATEWAY,
      'waits for a short retry-after once, and asks the same upstream again',
      'asks again only once, and passes a longer retry-after on',
      'falls back in order, on a refused connection, a reset, a 429 and a 5xx',
    ),
  },
  {
    fault: 15,
    row: 'judge-garbage',
    what: 'a judge answers prose, nothing, another schema, numbers out of range, a megabyte, or an invented quote',
    criterion: 'never a score; recorded as what it is; moves no quality and no policy',
    backends: BOTH,
    tests: testsOf(
      'services/evaluator/judge-subject.db.test.ts',
      'leaves a criterion undecided whose quote is invented, after one more try',
      'does not overrule a deterministic failure',
      'asks again later when the provider cannot be reached',
    ),
  },
  {
    fault: 16,
    row: 'clock',
    what: 'clocks are an hour wrong and set back under running services; optimizers ring again and again',
    criterion: 'one run per night; order by the epochs of the database and not by a clock; nothing lost',
    backends: BOTH,
    tests: [
      ...testsOf('services/optimizer/latest-due.test.ts', ''),
      ...testsOf(
        'services/optimizer/runs.db.test.ts',
        'are one per night, however many optimizers ring, and are worked off once',
      ),
      ...testsOf('shared/database/policy-store.db.test.ts', 'only ever raises the epoch, whoever writes'),
    ],
  },
  {
    fault: 22,
    row: 'hostile-bodies',
    what: 'NUL, lone surrogates, 20 MB, 10,000 tools, 10,000 messages, 5,000 levels',
    criterion: 'accepted, or refused in words; their neighbours are stored',
    backends: BOTH,
    tests: [],
  },
];
