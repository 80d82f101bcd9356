import { writeFileSync } from 'node:fs';
import { CATALOGUE } from './catalogue.ts';
import { readMeasured } from './measured.ts';
import { GUARANTEES_FILE, renderGuarantees } from './render-guarantees.ts';

/** Writes the page anew from what was measured, after a change of its words: `npm run docs:guarantees`. */
writeFileSync(GUARANTEES_FILE, renderGuarantees(CATALOGUE, readMeasured()));
