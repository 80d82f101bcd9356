/** A kind of secret by the form in which its issuer writes it. */
interface SecretPattern {
  readonly name: string;
  readonly pattern: RegExp;
}

/** Only forms that nothing else has: a long random text alone is no secret. */
const SECRET_PATTERNS: readonly SecretPattern[] = [
  { name: 'AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b/g },
  { name: 'GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}\b/g },
  { name: 'Anthropic key', pattern: /\bsk-ant-(?:api|admin|oat)\d\d-[A-Za-z0-9_-]{40,}/g },
  { name: 'OpenAI key', pattern: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}/g },
  { name: 'Slack token', pattern: /\bxox[baprs]-\d{8,}-[A-Za-z0-9-]{20,}\b/g },
  { name: 'Google key', pattern: /\bAIza[0-9A-Za-z_-]{35}\b/g },
  { name: 'Stripe key', pattern: /\b(?:sk|rk)_live_[0-9A-Za-z]{24,}\b/g },
  { name: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  {
    name: 'private key',
    pattern: /-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=\s]{40,}/g,
  },
];

/** What every one of them has; most texts have none of it, and are read once only. */
const ANY_SECRET = /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|sk-|xox[baprs]-|AIza|_live_|npm_|PRIVATE KEY/;

const PAYMENT_CARD = /\b(?:4\d{3}|5[1-5]\d{2}|3[47]\d{2}|6011)(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?\b/g;
/** Values that documentation and tests use. */
const EXAMPLE =
  /EXAMPLE|example|xxxx|XXXX|0{8}|1{8}|12345678|abcdef|ABCDEF|test|dummy|fake|placeholder|redacted|\*{4}|\.{3}/;
/** Numbers that card networks publish for tests. */
const TEST_CARD = /^(4242|4111|5555|3782|6011|4000)/;

export interface FoundSecret {
  readonly name: string;
  readonly value: string;
}

/** Secrets that a text holds word for word; those that are made to be shown are left out. */
export function findSecrets(text: string): readonly FoundSecret[] {
  if (!ANY_SECRET.test(text)) return [];
  return SECRET_PATTERNS.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].map(([value]) => ({ name, value })).filter(({ value }) => !EXAMPLE.test(value)),
  );
}

/** Numbers of payment cards, by their issuers' ranges and the check digit of Luhn (ISO/IEC 7812). */
export function findPaymentCards(text: string): readonly FoundSecret[] {
  return [...text.matchAll(PAYMENT_CARD)]
    .map(([value]) => ({ name: 'payment card', value }))
    .filter(({ value }) => isLuhn(value.replace(/\D/g, '')) && !TEST_CARD.test(value));
}

function isLuhn(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19) return false;
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const doubled = Number(digit) * (index % 2 === 0 ? 1 : 2);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
