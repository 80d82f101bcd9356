import { lookUp } from '#shared/look-up.ts';
import { isRecord, parseJson } from '../json.ts';

/** Which manifests list the packages of which languages. */
export type Ecosystem = 'node' | 'python' | 'go';

const MANIFESTS: Readonly<Record<Ecosystem, RegExp>> = {
  node: /(^|\/)package\.json$/,
  python: /(^|\/)(requirements[\w.-]*\.txt|pyproject\.toml|setup\.(py|cfg)|Pipfile|environment\.ya?ml)$/,
  go: /(^|\/)go\.mod$/,
};
const NODE_LISTS = [
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
  'bundledDependencies',
];

/** Modules of Python whose package goes by another name. */
const PYTHON_PACKAGE_OF: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  cv2: 'opencv',
  Crypto: 'pycryptodome',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  git: 'gitpython',
  google: 'google',
  jose: 'python-jose',
  jwt: 'pyjwt',
  magic: 'python-magic',
  MySQLdb: 'mysqlclient',
  OpenSSL: 'pyopenssl',
  PIL: 'pillow',
  pptx: 'python-pptx',
  psycopg2: 'psycopg2',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  slugify: 'python-slugify',
  socketio: 'python-socketio',
  telegram: 'python-telegram-bot',
  websocket: 'websocket-client',
  yaml: 'pyyaml',
  zmq: 'pyzmq',
};

export function ecosystemOfManifest(path: string): Ecosystem | null {
  return (Object.keys(MANIFESTS) as Ecosystem[]).find((ecosystem) => MANIFESTS[ecosystem].test(path)) ?? null;
}

/** Whether a manifest lists a package, or may. Only a clear no is one: names are looked for in all of the text. */
export function listsPackage(ecosystem: Ecosystem, manifest: string, name: string): boolean {
  switch (ecosystem) {
    case 'node':
      return nodeLists(manifest, name);
    case 'python': {
      const text = manifest.toLowerCase().replaceAll('_', '-');
      const wanted = [name, lookUp(PYTHON_PACKAGE_OF, name) ?? name].map((each) =>
        each.toLowerCase().replaceAll('_', '-'),
      );
      return wanted.some((each) => text.includes(each));
    }
    case 'go':
      return goLists(manifest, name);
    default:
      return ecosystem satisfies never;
  }
}

function nodeLists(manifest: string, name: string): boolean {
  const value = parseJson(manifest);
  if (!isRecord(value)) return manifest.includes(`"${name}"`);
  // With workspaces, the packages of the others are there too; with imports, names are the project's own.
  if (value['workspaces'] !== undefined || value['name'] === name) return true;
  const types = name.startsWith('@') ? `@types/${name.slice(1).replace('/', '__')}` : `@types/${name}`;
  return NODE_LISTS.some((list) => isRecord(value[list]) && (name in value[list] || types in value[list]));
}

function goLists(manifest: string, path: string): boolean {
  const modules = [
    ...manifest.matchAll(/^\s*(?:require\s+|module\s+)?([\w.-]+\.[a-z]{2,}\/[^\s]+|[\w./-]+)(?:\s+v|\s*$)/gm),
  ];
  return modules.some((match) => path === match[1] || path.startsWith(`${match[1]}/`));
}
