import { lookUp } from '#shared/look-up.ts';

/** Elements whose text is not for readers. */
const SILENT = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object', 'head']);
/** Elements that begin a line. */
const BLOCKS =
  /^(address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|tr|ul)$/;
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', copy: '©', reg: '®', trade: '™' },
  ...{ ndash: '–', mdash: '—', hellip: '…', laquo: '«', raquo: '»', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”' },
  ...{ bull: '•', middot: '·', times: '×', deg: '°', euro: '€', pound: '£', sect: '§', shy: '', zwnj: '', zwj: '' },
};
const CODE_POINT_MAX = 0x10ffff;

export interface PageText {
  readonly title: string | null;
  readonly text: string;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return lookUp(ENTITIES, String(name)) ?? whole;
    const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return point > 0 && point <= CODE_POINT_MAX ? String.fromCodePoint(point) : '';
  });
}

/** Where a tag ends: at the first `>` that is not inside a quoted attribute. */
function endOfTag(html: string, start: number): number {
  let quote = '';
  for (let index = start; index < html.length; index += 1) {
    const character = html.charAt(index);
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return index;
  }
  return html.length;
}

function tidy(text: string): string {
  const lines = decodeEntities(text)
    .split('\n')
    .map((line) => line.replace(/[^\S\n]+/g, ' ').trim());
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The text of a page as a reader sees it: no scripts, no markup, a line per block. Linear in the page's length. */
export function htmlText(html: string): PageText {
  const lower = html.toLowerCase();
  const pieces: string[] = [];
  let title: string | null = null;
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf('<', position);
    if (open < 0) {
      pieces.push(html.slice(position));
      break;
    }
    pieces.push(html.slice(position, open));
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      position = end < 0 ? html.length : end + 3;
      continue;
    }
    const name = /^\/?([a-zA-Z][a-zA-Z0-9]*)/.exec(html.slice(open + 1, open + 24));
    if (name === null) {
      // A bare `<` is text, as in `a < b`; a declaration is not.
      const isDeclaration = /[!?/]/.test(html.charAt(open + 1));
      position = isDeclaration ? endOfTag(html, open) + 1 : open + 1;
      if (!isDeclaration) pieces.push('<');
      continue;
    }
    const tag = (name[1] ?? '').toLowerCase();
    const end = endOfTag(html, open + 1);
    position = end + 1;
    if (BLOCKS.test(tag)) pieces.push(tag === 'li' && name[0] !== '/li' ? '\n- ' : '\n');
    else if (tag === 'td' || tag === 'th') pieces.push(' ');
    if (!SILENT.has(tag) || name[0].startsWith('/') || html.charAt(end - 1) === '/') continue;
    const close = lower.indexOf(`</${tag}`, position);
    if (tag === 'head') title = titleOf(html.slice(position, close < 0 ? html.length : close)) ?? title;
    position = close < 0 ? html.length : close;
  }
  return { title, text: tidy(pieces.join('')) };
}

function titleOf(head: string): string | null {
  const found = /<title[^>]*>([^<]*)/i.exec(head)?.[1];
  const title = found === undefined ? '' : tidy(found).replace(/\s+/g, ' ');
  return title === '' ? null : title;
}
