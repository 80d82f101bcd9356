import type { Node } from 'web-tree-sitter';
import type { SyntaxFault } from '../scorers/code/check-syntax.ts';
import type { Language } from '../scorers/code/language.ts';

/** The first place at which the parser could not go on, or had to think something up; null for a text that parses. */
export function findFault(root: Node, language: Language): SyntaxFault | null {
  if (!root.hasError) return language === 'python' ? findEmptyBlock(root) : null;
  let node = root;
  for (;;) {
    if (node.isError || node.isMissing) break;
    const broken = node.children.find((child) => child.hasError || child.isMissing);
    if (broken === undefined) break;
    node = broken;
  }
  return placeOf(node);
}

/** The grammar of Python takes a block without a statement, which Python does not. */
function findEmptyBlock(root: Node): SyntaxFault | null {
  const isEmpty = (block: Node) => block.namedChildren.every(({ type }) => type === 'comment');
  const empty = root.descendantsOfType('block').find(isEmpty);
  return empty === undefined ? null : placeOf(empty);
}

function placeOf({ startPosition }: Node): SyntaxFault {
  return { line: startPosition.row + 1, column: startPosition.column + 1 };
}
