import type { StreamFormat } from './reply-bytes.ts';

export interface MalformedStream {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether the standard makes of it what it makes of the plain one. */
  readonly isPlain: boolean;
}

export const ENDLESS = 'an endless line';
const ENDLESS_LINE_BYTES = 10 * 1_024 * 1_024;

/** One stream written in all the ways that servers and proxies have been seen to write it, right ones and wrong ones. */
export function malformedStreams(format: StreamFormat, events: readonly string[]): readonly MalformedStream[] {
  const text = events.join('');
  const last = events.at(-1) ?? '';
  const hasDone = format === 'openai-chat';
  const middle = Math.floor(events.length / 2);
  const [first = '', second = ''] = events;
  const plain = (name: string, changed: string): MalformedStream => {
    return { name, bytes: Buffer.from(changed), isPlain: true };
  };
  const wrong = (name: string, changed: string): MalformedStream => ({ ...plain(name, changed), isPlain: false });
  return [
    plain('as it is', text),
    plain('CRLF', text.replaceAll('\n', '\r\n')),
    plain('CR alone', text.replaceAll('\n', '\r')),
    plain(
      'ends of lines mixed',
      events.map((event, n) => (n % 2 === 0 ? event : event.replaceAll('\n', '\r\n'))).join(''),
    ),
    plain('comments', events.map((event) => `: keep-alive\n\n${event}`).join('')),
    plain('byte order mark', `\uFEFF${text}`),
    plain('no space after the colon', text.replaceAll('data: ', 'data:')),
    plain('ids that repeat', events.map((event) => `id: 7\nretry: 10\n${event}`).join('')),
    plain('data over several lines', text.replaceAll('data: {', 'data: {\ndata: ')),
    plain('no blank line at the end', text.trimEnd()),
    ...(hasDone ? [plain('no [DONE]', text.slice(0, -last.length))] : []),
    wrong(ENDLESS, `${first}data: ${'x'.repeat(ENDLESS_LINE_BYTES)}\n\n`),
    wrong('not JSON', `${first}${second}data: {"surprise"\n\n`),
    wrong(
      'another shape',
      `${first}data: {"hello":"world"}\n\ndata: [1,2]\n\ndata: null\n\n${events.slice(1).join('')}`,
    ),
    wrong('the end first', [...events.slice(middle), ...events.slice(0, middle)].join('')),
    wrong('everything twice', events.flatMap((event) => [event, event]).join('')),
    wrong('nothing at all', ''),
    wrong('bytes of no alphabet', `${first}${String.fromCharCode(0)}${second}`),
    {
      name: 'bytes that are no UTF-8',
      isPlain: false,
      bytes: Buffer.concat([
        Buffer.from(first),
        Buffer.from([0xc3, 0x28, 0xff, 0x0a]),
        Buffer.from(events.slice(1).join('')),
      ]),
    },
  ];
}
