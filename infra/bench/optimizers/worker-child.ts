import type { Evaluation } from '../../../services/optimizer/prompts/contract/search-ports.ts';
import { createMockModels } from './landscapes/mock-models.ts';
import { createWorld, parseWorldName } from './landscapes/world.ts';
import { httpChat } from './mock-server.ts';

/** A process that evaluates what it is sent, as many at once as it is sent, against the mock over HTTP. */
const [worldName = '', url = ''] = process.argv.slice(2);
const spec = parseWorldName(worldName);
if (spec === null) throw new RangeError('usage: WORLD URL');
const { evaluator } = createMockModels(createWorld(spec), httpChat(url));

process.on('message', (message: { readonly id: number; readonly evaluation: Evaluation }) => {
  void evaluator
    .evaluate(message.evaluation, new AbortController().signal)
    .then((reply) => process.send?.({ id: message.id, reply }));
});
process.on('disconnect', () => process.exit(0));
