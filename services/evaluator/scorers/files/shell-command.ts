/** Programs that look and do not touch. */
const READING_PROGRAM =
  /^(ls|cat|head|tail|grep|egrep|rg|ag|find|fd|pwd|echo|printf|wc|which|type|file|stat|tree|du|df|nl|less|more|bat|sort|uniq|cut|diff|cmp|jq|test|\[|true|date|whoami|uname|env|cd|sleep|awk|column|tr|basename|dirname|realpath|readlink|history)$/;
const READING_SUBCOMMAND: readonly RegExp[] = [
  /^git (-C \S+ )?(status|diff|log|show|branch|blame|rev-parse|remote|ls-files|grep|describe|config --get)\b/,
  /^(npm|pnpm|yarn|bun) (run )?(test|lint|typecheck|type-check|check)\b(?!.*(--fix|--write|-u\b|--update))/,
  /^(npx |pnpm exec |yarn |bunx )?(vitest|jest|mocha|tsc|eslint|mypy|ruff check|pyright|ava|tap)\b(?!.*(--fix|--write|-u\b|--update|--init))/,
  /^(python3?( -m)? )?(pytest|unittest)\b/,
  /^(go (test|vet|build|list|version)|cargo (test|check|build|clippy(?!.*--fix)|tree)|mvn( -\S+)* test|(\.\/)?gradlew? test)\b/,
  /^\S+ (--version|-v|--help)$/,
];

/** The single commands of a line: between `&&`, `||`, `;`, pipes and line ends that stand outside quotes. */
export function splitCommands(line: string): readonly string[] {
  const commands: string[] = [];
  let current = '';
  let quote = '';
  for (let position = 0; position < line.length; position += 1) {
    const character = line.charAt(position);
    if (quote !== '') {
      if (character === '\\' && quote === '"') current += line.charAt(position++);
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '\\') current += line.charAt(position++);
    else if (/[;|&\n]/.test(character) && !isPartOfRedirection(line, position)) {
      commands.push(current);
      current = '';
      continue;
    }
    current += line.charAt(position);
  }
  return [...commands, current].map((command) => command.trim()).filter((command) => command !== '');
}

/** `2>&1` and `&>file` have an ampersand that ends nothing. */
function isPartOfRedirection(line: string, position: number): boolean {
  return line.charAt(position) === '&' && (line.charAt(position - 1) === '>' || line.charAt(position + 1) === '>');
}

/** Whether a command line leaves every file as it is, as far as its words tell; false when in doubt. */
export function isReadOnlyCommand(line: string): boolean {
  if (/(^|[^0-9&>-])>{1,2}(?!&)(?!\s*\/dev\/null)|\btee\b|<<|`|\$\(|-exec\b|-delete\b/.test(line)) return false;
  return splitCommands(line).every((command) => {
    const plain = command
      .replace(/^(\w+=\S*\s+|(time|timeout \S+|sudo)\s+)*/, '')
      .replace(/\s*\d?>+\s*(&\d|\/dev\/null)/g, '');
    const program = /^\S+/.exec(plain)?.[0] ?? '';
    if (program === 'sed') return /^sed -n\b/.test(plain);
    return READING_PROGRAM.test(program) || READING_SUBCOMMAND.some((pattern) => pattern.test(plain));
  });
}
