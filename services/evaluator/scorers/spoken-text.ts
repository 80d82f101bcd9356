/** Text without what it only shows: fenced blocks, whether closed or not, and code in a line. */
export function withoutCode(text: string): string {
  return text
    .replace(/^[ \t]*(```+|~~~+)[^\n]*\n[\s\S]*?(?:^[ \t]*\1[ \t]*$|$(?![\s\S]))/gm, '\n')
    .replace(/(`+)[^`\n]{1,500}\1/g, ' ');
}

/** The contents of the fenced blocks of a text. */
export function fencedBlocks(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*```+[^\n]*\n([\s\S]*?)^[ \t]*```+[ \t]*$/gm)].map((match) => match[1] ?? '');
}
