import { cutText, type ReplyScript, type Said } from '../reply-script.ts';

/** How a wire writes an answer, streamed and whole. */
export interface ReplyWire {
  readonly events: (script: ReplyScript) => readonly object[];
  readonly body: (script: ReplyScript) => object;
  /** The name of an event, where the wire has names. */
  readonly nameOf?: (event: object) => string;
  readonly hasEndMark?: true;
}

export type Called = Extract<Said, { type: 'call' }>;

export const calls = ({ said }: ReplyScript) => said.filter((one): one is Called => one.type === 'call');
export const textOf = ({ said }: ReplyScript, type: 'text' | 'thinking') =>
  said.map((one) => (one.type === type ? one.text : '')).join('');
export const callId = (index: number) => `call_${index}`;
export const cut = (script: ReplyScript, value: string) => cutText(value, script.pieceCharacters);
export const json = (value: unknown) => JSON.stringify(value);
export const typeOf = (event: object) => ('type' in event ? String(event.type) : '');
