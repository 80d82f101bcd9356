import { stripTypeScriptTypes } from 'node:module';

/** Whether the parser with which Node runs TypeScript takes a text; it takes JavaScript as well, and no JSX. */
export function parsesAsTypeScript(text: string): boolean {
  try {
    stripTypeScriptTypes(text);
    return true;
  } catch (error) {
    // Syntax that it understands and does not run, such as an enum.
    return error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
  }
}
