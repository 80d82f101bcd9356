import pino, { type Logger } from 'pino';

export type Log = Logger;

/** Header and field names that may hold a secret. Bodies are never logged, so these are the last net and not the first. */
const REDACTED = [
  '*.authorization',
  '*.apiKey',
  '*["x-api-key"]',
  '*["x-goog-api-key"]',
  '*["api-key"]',
  '*["x-amz-security-token"]',
  '*.secretAccessKey',
  '*.sessionToken',
  '*.password',
  '*.connectionString',
  'headers.authorization',
  'headers["x-api-key"]',
  'headers["x-goog-api-key"]',
  'headers["api-key"]',
  'headers["x-amz-security-token"]',
];

/** The structured log of one service, on standard error: standard output belongs to commands. */
export function createLog(service: string, level: string): Log {
  return pino({ name: service, level, redact: { paths: REDACTED, censor: '[redacted]' } }, pino.destination(2));
}
