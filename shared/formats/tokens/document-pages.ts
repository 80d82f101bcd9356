/** Base64 characters of a typical page, for documents that do not say how many they have. */
const PAGE_CHARACTERS = 50_000;
/** Above, a document is measured by its size: reading all of it would take too long. */
const READ_CHARACTERS_MAX = 8_388_608;
const PAGE_OBJECT = /\/Type\s*\/Page(?![A-Za-z])/g;

/** Pages of a PDF: its page objects where they are in plain sight, else what its size suggests. At least 1. */
export function documentPages(base64: string): number {
  const bySize = Math.ceil(base64.length / PAGE_CHARACTERS);
  if (base64.length > READ_CHARACTERS_MAX) return bySize;
  const found = Buffer.from(base64, 'base64').toString('latin1').match(PAGE_OBJECT)?.length ?? 0;
  return Math.max(1, found > 0 ? found : bySize);
}
