import type { Language } from './language.ts';

/** A package that a source text imports, by the name under which a manifest would list it. */
export interface ImportedPackage {
  readonly name: string;
  /** The line of the import. */
  readonly line: string;
}

const SCRIPT_IMPORT =
  /^[ \t]*(?:import\s(?:[^'"\n;]*?\sfrom\s*)?|export\s[^'"\n;]*?\sfrom\s*|(?:const|let|var)\s[^=\n]+=\s*(?:await\s+)?(?:require|import)\s*\(\s*)['"]([^'"\n]+)['"]/gm;
const PYTHON_IMPORT =
  /^[ \t]*(?:import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+)*)|from[ \t]+(\w[\w.]*)[ \t]+import\b)/gm;
const GO_IMPORT = /^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w.-]+\.[a-z]{2,}\/[^"\n]+)"[ \t]*$/gm;

/** Imports of packages from elsewhere; those of the language itself and of the project's own files are left out. */
export function importedPackages(language: Language, text: string): readonly ImportedPackage[] {
  switch (language) {
    case 'javascript':
    case 'typescript':
    case 'tsx':
      return [...text.matchAll(SCRIPT_IMPORT)].flatMap((match) => {
        const name = scriptPackage(match[1] ?? '');
        return name === null ? [] : [{ name, line: match[0].trim() }];
      });
    case 'python':
      return [...text.matchAll(PYTHON_IMPORT)].flatMap((match) => {
        const modules = (match[1] ?? match[2] ?? '').split(',').map((part) => part.trim().split(/[. \t]/)[0] ?? '');
        return modules
          .filter((name) => name !== '' && !PYTHON_STANDARD.has(name))
          .map((name) => ({ name, line: match[0].trim() }));
      });
    case 'go':
      return [...text.matchAll(GO_IMPORT)].map((match) => ({ name: match[1] ?? '', line: match[0].trim() }));
    default:
      return [];
  }
}

/** Null for relative paths, aliases, addresses and the runtime's own modules. */
function scriptPackage(specifier: string): string | null {
  if (/^[./#~]|^@\/|^\w+:|^\$/.test(specifier)) return null;
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return NODE_MODULES.has(name) || !/^(@[\w.-]+\/)?[a-z0-9][\w.-]*$/.test(name) ? null : name;
}

const NODE_MODULES: ReadonlySet<string> = new Set(
  `assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http
  http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder timers
  tls trace_events tty url util v8 vm wasi worker_threads zlib sqlite sea test bun deno electron vscode`.split(/\s+/),
);

/** Python 3.14, with what older versions had. */
const PYTHON_STANDARD: ReadonlySet<string> = new Set(
  `__future__ __main__ _thread abc aifc annotationlib argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb
  binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall
  compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm
  decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch
  formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http
  idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox
  mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib ntpath numbers opcode operator
  optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint
  profile pstats pty pwd py_compile pyclbr pydoc queue quopri random re readline reprlib resource rlcompleter runpy sched secrets
  select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants
  sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny tarfile
  telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc
  tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound
  wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo pkg_resources setuptools pip typing_extensions`.split(
    /\s+/,
  ),
);
