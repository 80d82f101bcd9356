import type { ReplyScript, Said } from '../reply-script.ts';
import { callId, calls, cut, json, type ReplyWire } from './reply-wire.ts';

const interactionEnd = (script: ReplyScript) => ({
  object: 'interaction',
  model: 'wire-model',
  status: script.stop === 'limit' ? 'incomplete' : calls(script).length > 0 ? 'requires_action' : 'completed',
  usage: { total_input_tokens: 9, total_output_tokens: 5 },
});
const interactionStep = (one: Said, index: number): object => {
  if (one.type === 'text') return { type: 'model_output', content: [{ type: 'text', text: one.text }] };
  if (one.type === 'thinking') return { type: 'thought', summary: [{ type: 'text', text: one.text }] };
  return { type: 'function_call', id: callId(index), name: one.name, arguments: one.input };
};
const interactionPieces = (script: ReplyScript, one: Said): readonly object[] => {
  if (one.type === 'call') {
    return cut(script, json(one.input)).map((piece) => ({ type: 'arguments_delta', arguments: piece }));
  }
  return cut(script, one.text).map((text) =>
    one.type === 'text' ? { type: 'text', text } : { type: 'thought_summary', content: { type: 'text', text } },
  );
};

/** Google's Interactions API. */
export const interactionsWire: ReplyWire = {
  events: (script) => [
    { event_type: 'interaction.created', interaction: { object: 'interaction', model: 'wire-model' } },
    ...script.said.flatMap((one, index) => {
      const step = one.type === 'call' ? { ...interactionStep(one, index), arguments: {} } : {};
      const type = one.type === 'text' ? 'model_output' : one.type === 'thinking' ? 'thought' : 'function_call';
      return [
        { event_type: 'step.start', index, step: { ...step, type } },
        ...interactionPieces(script, one).map((delta) => ({ event_type: 'step.delta', index, delta })),
        { event_type: 'step.stop', index },
      ];
    }),
    { event_type: 'interaction.completed', interaction: interactionEnd(script) },
  ],
  body: (script) => ({ ...interactionEnd(script), steps: script.said.map(interactionStep) }),
};
