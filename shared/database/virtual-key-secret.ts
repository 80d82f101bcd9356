import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const SECRET_PREFIX = 'tt_';
const RANDOM_BYTES = 32;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Digits that 256 bits, and 32 bits, take in base 62. */
const BODY_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
/** As much of a secret as is kept in the clear, so that people can tell their keys apart. */
const SHOWN_CHARACTERS = 10;
const FORM = new RegExp(`^${SECRET_PREFIX}[0-9A-Za-z]{${BODY_CHARACTERS + CHECKSUM_CHARACTERS}}$`);

function toBase62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = BASE62[Number(rest % 62n)] + digits;
  return digits;
}

function checksumOf(body: string): string {
  return toBase62(BigInt(crc32(body)), CHECKSUM_CHARACTERS);
}

/**
 * A new secret: `tt_`, 32 random bytes in base 62, and a checksum that tells a mistyped secret from an unknown one
 * without looking it up.
 */
export function createKeySecret(randomBytes: (size: number) => Uint8Array): string {
  const body = toBase62(BigInt(`0x${Buffer.from(randomBytes(RANDOM_BYTES)).toString('hex')}`), BODY_CHARACTERS);
  return `${SECRET_PREFIX}${body}${checksumOf(body)}`;
}

/** Whether a credential can be one of our secrets at all. */
export function isKeySecret(credential: string): boolean {
  if (!FORM.test(credential)) return false;
  const body = credential.slice(SECRET_PREFIX.length, -CHECKSUM_CHARACTERS);
  return credential.endsWith(checksumOf(body));
}

/** What is stored of a secret. It has 256 random bits, so that a slow hash would protect nothing. */
export function keyHash(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

export function shownPrefix(secret: string): string {
  return secret.slice(0, SHOWN_CHARACTERS);
}
