import type { Socket } from 'node:net';
import type { ApiError } from '#shared/formats/api-error.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { answerHeaders } from './refuse-call.ts';

const STATUS_LINES: Readonly<Record<number, string>> = {
  400: '400 Bad Request',
  408: '408 Request Timeout',
  431: '431 Request Header Fields Too Large',
};

/** Answers what is no HTTP request, or not a whole one, in the same envelope as everything else, and hangs up. */
export function answerUnreadable(fault: Error & { readonly code?: string }, socket: Socket, callId: string): void {
  // A client that has gone hears nothing; one that is being answered has its status already.
  if (fault.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, headers, body } = CLIENT_FORMATS['anthropic-messages'].encodeError(errorOf(fault.code), callId);
  const text = JSON.stringify(body);
  const fields = Object.entries({
    ...headers,
    ...answerHeaders(callId),
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${STATUS_LINES[status]}\r\n${head}\r\n${text}`);
}

function errorOf(code: string | undefined): ApiError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        type: 'timeout_error',
        message: 'The request did not arrive in time.',
        status: 408,
        retryable: true,
      };
    case 'HPE_HEADER_OVERFLOW': {
      const message = 'The headers of the request are too large.';
      return { type: 'invalid_request_error', message, status: 431, retryable: false };
    }
    default: {
      const message = 'The request cannot be read as HTTP.';
      return { type: 'invalid_request_error', message, status: 400, retryable: false };
    }
  }
}
