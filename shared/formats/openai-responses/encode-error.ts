export { encodeError } from '../openai-chat/encode-error.ts';
