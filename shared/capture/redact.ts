interface Rule {
  readonly label: string;
  readonly pattern: RegExp;
  /** Says of a match whether it is really one; numbers that look like cards are mostly not. */
  readonly accepts?: (match: string) => boolean;
}

/** In this order: a key block holds what other rules would cut into pieces. Every pattern runs in linear time. */
const RULES: readonly Rule[] = [
  {
    label: 'private-key',
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,10000}?-----END [A-Z ]{0,30}PRIVATE KEY-----/g,
  },
  { label: 'jwt', pattern: /\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,2000}/g },
  { label: 'secret', pattern: /\b(?:sk|pk|rk|tt|ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_][\w-]{16,255}/g },
  { label: 'secret', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { label: 'email', pattern: /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b/g },
  { label: 'iban', pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, accepts: isIban },
  { label: 'card', pattern: /\b\d(?:[ -]?\d){12,18}\b/g, accepts: isCardNumber },
  { label: 'phone', pattern: /(?<![\w.])\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d(?:[ -]?\d){6,11}\b/g },
];

const DEPTH_MAX = 100;

/** Replaces personal data and secrets in a text by their kind, as `[email]`. */
export function redactText(text: string): string {
  let redacted = text;
  for (const { label, pattern, accepts } of RULES) {
    redacted = redacted.replace(pattern, (match) => (accepts === undefined || accepts(match) ? `[${label}]` : match));
  }
  return redacted;
}

/** Redacts every text inside a JSON value; names of members stay, structure and base64 data too. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  const isBinary = 'type' in value && value.type === 'base64';
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isBinary && name === 'data' ? member : redactValue(member, depth + 1),
    ]),
  );
}

/** Luhn's check. */
function isCardNumber(match: string): boolean {
  const digits = match.replace(/\D/g, '');
  let sum = 0;
  for (const [position, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (position % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** The check of ISO 13616: the number, turned and written in digits, leaves 1 when divided by 97. */
function isIban(match: string): boolean {
  const compact = match.replaceAll(' ', '');
  const turned = compact.slice(4) + compact.slice(0, 4);
  let rest = 0;
  for (const character of turned) {
    for (const digit of String(Number.parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}
