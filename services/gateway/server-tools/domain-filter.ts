/** Which addresses a tool may use: those of the allowed domains, if any are named, without the blocked ones. */
export interface DomainFilter {
  readonly allowed: readonly string[];
  readonly blocked: readonly string[];
}

/**
 * Whether an address is on a domain. An entry is a domain, which stands for its subdomains too, and may have a path,
 * which stands for everything below it; `*` in a path stands for any text.
 */
function isOn(url: URL, entry: string): boolean {
  const [host = '', ...rest] = entry
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .split('/');
  const domain = host.replace(/^\*\./, '');
  const name = url.hostname.toLowerCase();
  if (domain === '' || (name !== domain && !name.endsWith(`.${domain}`))) return false;
  const pieces = `/${rest.join('/')}`.split('*');
  const path = url.pathname.toLowerCase();
  if (!path.startsWith(pieces[0] ?? '')) return false;
  // Each piece after the one before it: a pattern of a client must not become a regular expression.
  let position = 0;
  for (const piece of pieces) {
    const found = path.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return true;
}

/** Whether all filters let an address through: the operator's and the client's. */
export function isDomainAllowed(url: URL, filters: readonly DomainFilter[]): boolean {
  return filters.every(
    ({ allowed, blocked }) =>
      (allowed.length === 0 || allowed.some((entry) => isOn(url, entry))) && !blocked.some((entry) => isOn(url, entry)),
  );
}
