import { resolve } from 'node:path';
import { clusterTemplates } from '../../../services/optimizer/clustering/cluster-templates.ts';
import { createHashedEmbedder } from '../../../services/optimizer/clustering/embedders/hashed-embedder.ts';
import { createLocalEmbedder } from '../../../services/optimizer/clustering/embedders/local-embedder.ts';
import { matchIdentity } from '../../../services/optimizer/clustering/match-identity.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { createTemplateVectors, signFailure, templatesOf } from './failure-templates.ts';
import { readRecordedFailures } from './read-failures.ts';
import { varyMessage } from './vary-message.ts';

/**
 * A process of its own that clusters a backlog from nothing, so that its memory is its own. Prints one line of JSON.
 * Arguments: folder of data, embedder, number of failures.
 */
const [dataFolder = '.', embedderName = 'default', count = '100000'] = process.argv.slice(2);

const recorded = readRecordedFailures(resolve(dataFolder));
const random = createSeededRandom(100_000);
const messages = Array.from({ length: Number(count) }, (_value, n) => {
  const failure = recorded[Math.floor(random.uniform() * recorded.length)];
  if (failure === undefined) throw new Error('there are no recorded failures');
  return { ...failure, n, message: varyMessage(failure.message, random) };
});
const embedder = embedderName === 'local' ? createLocalEmbedder() : createHashedEmbedder();

const startedAt = performance.now();
const signed = messages.map(signFailure);
const signedMs = performance.now() - startedAt;
const templates = await templatesOf(signed, createTemplateVectors(embedder));
const embeddedMs = performance.now() - startedAt - signedMs;
const found = clusterTemplates(templates, embedder);
const { clusterIdOf } = matchIdentity([], found, () => 1);
const seconds = (performance.now() - startedAt) / 1_000;
console.log(
  JSON.stringify({
    ...{ seconds, signedMs, embeddedMs, templates: templates.length, clusters: clusterIdOf.size },
    // Of the whole life of the process; kilobytes, as the system counts them.
    megabytes: process.resourceUsage().maxRSS / 1_000,
  }),
);
