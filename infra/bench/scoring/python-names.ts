/** Names that Python and the usual modules of programming contests bring along. */
const GIVEN: ReadonlySet<string> = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for from global if import in is
  lambda match case nonlocal not or pass raise return try while with yield ArithmeticError AssertionError AttributeError
  BaseException Exception IndexError KeyError NotImplementedError OverflowError RecursionError RuntimeError StopIteration
  TypeError ValueError ZeroDivisionError abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod complex
  delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash hex id input int
  isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr
  reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip self cls __name__
  Any Callable Counter Deque DefaultDict Dict Generator Iterable Iterator List Optional OrderedDict Set Tuple Union
  collections heapq bisect math itertools functools random re string operator copy sys typing time datetime statistics
  defaultdict deque heappush heappop heapify heapreplace heappushpop nlargest nsmallest merge bisect_left bisect_right insort
  insort_left insort_right inf nan pi e gcd lcm ceil floor sqrt isqrt log log2 log10 comb perm factorial prod hypot dist
  lru_cache cache cached_property reduce cmp_to_key partial accumulate chain combinations combinations_with_replacement count
  cycle groupby islice pairwise permutations product repeat starmap takewhile zip_longest itemgetter attrgetter add mul xor or_
  deepcopy ascii_lowercase ascii_uppercase digits maxsize
  ListNode TreeNode Node NestedInteger Solution SortedList SortedDict SortedSet sortedcontainers`.split(/\s+/),
);
const STRING = /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g;
const BINDINGS: readonly RegExp[] = [
  /\b(?:def|class)\s+(\w+)/g,
  /\bdef\s+\w+\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g,
  /\blambda\s+([^:]*):/g,
  /\bfor\s+([\w\s,()*[\]]+?)\s+in\b/g,
  /\b(?:as|global|nonlocal)\s+([\w, ]+)/g,
  /\bimport\s+([\w., ]+)/g,
  /(\w+)\s*:=/g,
  /^\s*([\w\s,()*[\].]+?)\s*(?::[^=\n]+)?=(?!=)/gm,
  /;\s*([\w, ]+?)\s*=(?!=)/g,
  /(?<![=<>!+\-*/%&|^])=\s*([\w, ]+?)\s*=(?!=)/g,
];
const NAME = /[A-Za-z_]\w*/g;

/** Python without its comments and the contents of its strings. */
export function bareCode(text: string): string {
  return text.replace(STRING, '""').replace(/#[^\n]*/g, '');
}

/** Names that a program uses and binds nowhere, as far as a reading without scopes can tell. */
export function unboundNames(text: string): ReadonlySet<string> {
  const code = bareCode(text);
  const bound = new Set(GIVEN);
  for (const pattern of BINDINGS) {
    for (const match of code.matchAll(pattern)) for (const name of (match[1] ?? '').match(NAME) ?? []) bound.add(name);
  }
  const unbound = new Set<string>();
  // Behind a dot stands an attribute, before a lone equals sign a keyword or a binding.
  for (const match of code.matchAll(/(?<![.\w])([A-Za-z_]\w*)\b(?!\s*=[^=])/g)) {
    const name = match[1] ?? '';
    if (!bound.has(name)) unbound.add(name);
  }
  return unbound;
}
