import type { QuirkName } from '../../formats/quirks/quirks.ts';

type Body = Readonly<Record<string, unknown>>;
type Message = Readonly<Record<string, unknown>> & { readonly role: string; readonly content: unknown };

const messagesOf = (body: Body) => (Array.isArray(body['messages']) ? (body['messages'] as Message[]) : []);
const absent =
  (...names: readonly string[]) =>
  (body: Body) =>
    names.every((name) => body[name] === undefined);
const atMost = (name: string, most: number) => (body: Body) => Number(body[name] ?? 0) <= most;
const stopsAtMost = (most: number) => (body: Body) => (Array.isArray(body['stop']) ? body['stop'].length : 0) <= most;
const formatOf = (body: Body) => (body['response_format'] as { type?: string } | undefined)?.type;
const parts = (body: Body) =>
  messagesOf(body).flatMap((message) => (Array.isArray(message.content) ? (message.content as Body[]) : []));

/** In any of the notations that servers have for it. */
function isThinkingOff(body: Body): boolean {
  const controls = [body['thinking'], body['reasoning'], body['chat_template_kwargs'], body['reasoning_effort']];
  const off = [{ type: 'disabled' }, { enabled: false }, { enable_thinking: false }, 'none'];
  return controls.some((control, index) => JSON.stringify(control) === JSON.stringify(off[index]));
}

/** What a server with a quirk would refuse, each rule told by the body alone; a body that breaks one is a fault. */
export const QUIRK_RULES: Readonly<Partial<Record<QuirkName, (body: Body) => boolean>>> = {
  'max-completion-tokens': absent('max_tokens'),
  'no-parallel-tool-calls': absent('parallel_tool_calls'),
  'no-stream-options': absent('stream_options'),
  'no-sampling': absent('temperature', 'top_p'),
  'temperature-up-to-1': atMost('temperature', 1),
  'temperature-up-to-1.5': atMost('temperature', 1.5),
  'top-p-below-one': (body) => body['top_p'] === undefined || Number(body['top_p']) < 1,
  'no-stop': absent('stop'),
  'stop-up-to-5': stopsAtMost(5),
  'stop-up-to-16': stopsAtMost(16),
  'no-penalties': absent('presence_penalty', 'frequency_penalty'),
  'no-logit-bias': absent('logit_bias'),
  'no-user': absent('user'),
  'random-seed': absent('seed'),
  'no-response-format': absent('response_format'),
  'json-object-only': (body) => formatOf(body) !== 'json_schema',
  'no-response-format-with-tools': (body) => body['tools'] === undefined || formatOf(body) === undefined,
  'no-tool-choice': absent('tool_choice'),
  'no-forced-tool-choice-when-thinking': (body) =>
    body['tool_choice'] === undefined || ['auto', 'none'].includes(String(body['tool_choice'])) || isThinkingOff(body),
  'no-images': (body) => parts(body).every((part) => part['type'] !== 'image_url'),
  'inline-images': (body) =>
    parts(body).every((part) => part['type'] !== 'image_url' || JSON.stringify(part).includes('"data:')),
  'nine-character-tool-ids': (body) =>
    messagesOf(body).every((message) => {
      const calls = (message['tool_calls'] ?? []) as readonly { readonly id: string }[];
      const ids = [...calls.map((call) => call.id), ...(message.role === 'tool' ? [message['tool_call_id']] : [])];
      return ids.every((id) => /^[A-Za-z0-9]{9}$/.test(String(id)));
    }),
  'no-user-after-tool': (body) =>
    messagesOf(body).every(
      (message, index, all) => all[index - 1]?.role !== 'tool' || ['tool', 'assistant'].includes(message.role),
    ),
  'alternating-roles': (body) =>
    messagesOf(body).every((message, index, all) => message.role !== 'user' || all[index - 1]?.role !== 'user'),
  'no-system-role': (body) => messagesOf(body).every((message) => !['system', 'developer'].includes(message.role)),
  'mid-system-as-user': (body) => messagesOf(body).every((message, index) => index === 0 || message.role !== 'system'),
  'assistant-prefix': (body) => {
    const last = messagesOf(body).at(-1);
    return last?.role !== 'assistant' || last['prefix'] === true;
  },
};

/** Fields that no strict OpenAI server takes, but one with the quirk. */
export const QUIRK_FIELDS: Readonly<Partial<Record<QuirkName, readonly string[]>>> = {
  'random-seed': ['random_seed'],
  'thinking-type': ['thinking'],
  'template-thinking': ['chat_template_kwargs'],
  'reasoning-object': ['reasoning'],
  'reasoning-enabled': ['reasoning'],
  'parsed-reasoning-format': ['reasoning_format'],
  'continue-final-message': ['continue_final_message', 'add_generation_prompt'],
};

/** The same for the fields of a message. */
export const QUIRK_MESSAGE_FIELDS: Readonly<Partial<Record<QuirkName, readonly string[]>>> = {
  'replay-reasoning': ['reasoning_content'],
  'replay-as-reasoning': ['reasoning'],
  'assistant-prefix': ['prefix'],
  'cache-control': ['cache_control'],
};
