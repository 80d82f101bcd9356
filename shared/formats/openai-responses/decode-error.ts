export { decodeError } from '../openai-chat/decode-error.ts';
