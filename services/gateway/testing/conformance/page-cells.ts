import { COLUMNS } from './columns.ts';

const LINE = /^(?:0\.\d+|\d+|I\.\d+)$/;
/** Number and title stand before the cells. */
const CELLS_START = 2;

/** The cells of a page, row by row, without what a formatter may change about it. */
export function pageCells(page: string): readonly string[] {
  return page.split('\n').flatMap((row) => {
    const columns = row.split('|').map((column) => column.trim());
    const [, line = ''] = columns;
    if (!row.startsWith('|') || !LINE.test(line)) return [];
    return [[line, ...columns.slice(CELLS_START + 1, CELLS_START + 1 + COLUMNS.length)].join(' | ')];
  });
}
