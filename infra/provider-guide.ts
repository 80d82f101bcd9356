import { readFile, writeFile } from 'node:fs/promises';
import { KNOWN_PROVIDERS } from '#shared/providers/known-provider.ts';
import { renderProviderGuide } from '#shared/providers/testing/provider-guide.ts';

/** Writes the part of the guide to providers that is made of the registry; what stands before the mark is kept. */
const GUIDE = new URL('../docs/guides/providers.md', import.meta.url);
const MARK = '<!-- made of the registry by `npm run docs:providers` -->';

const written = (await readFile(GUIDE, 'utf8')).split(MARK)[0];
await writeFile(GUIDE, `${written}${MARK}\n\n${renderProviderGuide([...KNOWN_PROVIDERS.values()])}`);
console.log(`${GUIDE.pathname}: ${KNOWN_PROVIDERS.size} providers`);
