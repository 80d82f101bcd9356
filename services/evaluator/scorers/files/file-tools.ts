/** What a tool of a coding agent does to files. */
export type FileToolKind = 'read' | 'write' | 'edit' | 'multi_edit' | 'patch' | 'shell' | 'by_command' | 'harmless';

/**
 * The tools of coding agents by their names, as data: Claude Code (Read, Write, Edit, MultiEdit, Bash, Grep, TodoWrite),
 * Anthropic's text editor tool, Codex (shell, apply_patch), Gemini CLI and opencode. A tool that is not named here is not
 * known to leave files alone. Tools that merge a sketch into a file are left out on purpose: `existing code` is their
 * protocol.
 */
export const FILE_TOOLS: ReadonlyMap<string, FileToolKind> = new Map<string, FileToolKind>([
  ['Read', 'read'],
  ['read', 'read'],
  ['read_file', 'read'],
  ['Write', 'write'],
  ['write', 'write'],
  ['write_file', 'write'],
  ['create_file', 'write'],
  ['Edit', 'edit'],
  ['edit', 'edit'],
  ['replace', 'edit'],
  ['MultiEdit', 'multi_edit'],
  ['str_replace_based_edit_tool', 'by_command'],
  ['str_replace_editor', 'by_command'],
  ['text_editor', 'by_command'],
  ['apply_patch', 'patch'],
  ['Bash', 'shell'],
  ['bash', 'shell'],
  ['shell', 'shell'],
  ['shell_command', 'shell'],
  ['local_shell', 'shell'],
  ['container.exec', 'shell'],
  ['exec_command', 'shell'],
  ['run_shell_command', 'shell'],
  ['execute_bash', 'shell'],
  ...[
    ...['Grep', 'Glob', 'LS', 'TodoWrite', 'WebFetch', 'WebSearch', 'NotebookRead', 'BashOutput', 'ExitPlanMode'],
    ...['AskUserQuestion', 'TaskCreate', 'TaskUpdate', 'TaskList', 'TaskGet', 'ToolSearch', 'Skill'],
    ...[
      'grep',
      'glob',
      'list',
      'todowrite',
      'todoread',
      'webfetch',
      'update_plan',
      'view_image',
      'search_file_content',
    ],
    ...['list_directory', 'google_web_search', 'web_fetch', 'read_many_files', 'think'],
  ].map((name) => [name, 'harmless'] as const),
]);

/** Commands of the text editor tool. */
export const EDITOR_COMMANDS: Readonly<Record<string, 'read' | 'write' | 'edit' | 'insert'>> = {
  view: 'read',
  create: 'write',
  str_replace: 'edit',
  insert: 'insert',
};

/** Argument names that mean the same, in the order in which they are looked for. */
export const ARGUMENT_NAMES = {
  path: ['file_path', 'filePath', 'path', 'absolute_path'],
  content: ['content', 'file_text', 'contents'],
  oldText: ['old_string', 'oldString', 'old_str'],
  newText: ['new_string', 'newString', 'new_str'],
  replaceAll: ['replace_all', 'replaceAll'],
  command: ['command', 'cmd'],
  patch: ['input', 'patch', 'patchText'],
} as const;

/** The tool's name without the prefixes under which hosts put it. */
export function fileToolKind(name: string): FileToolKind | null {
  return FILE_TOOLS.get(name) ?? FILE_TOOLS.get(name.replace(/^functions[._]/, '')) ?? null;
}
