import type { ScorerCase } from '../scorer-case.ts';
import { agentCase, edits, runs, says, wasRead, wasRun, writes } from './agent-session.ts';

const MANIFEST = JSON.stringify(
  { name: 'shop', dependencies: { zod: '4.0.0' }, devDependencies: { '@types/express': '5.0.0' } },
  null,
  2,
);
const node = () => wasRead('/app/package.json', MANIFEST);
const python = () => wasRead('/app/requirements.txt', 'requests==2.32.0\nscikit-learn>=1.5\nPyYAML\n');
const go = () =>
  wasRead('/app/go.mod', 'module example.com/shop\n\ngo 1.24\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.0\n)');
const absent = (ecosystem: string) =>
  ({ severity: 'warning', expectedVsActual: `import in manifest -> absent from ${ecosystem}` }) as const;

export const IMPORT_UNRESOLVED_CASES: readonly ScorerCase[] = [
  agentCase(
    'a package that no manifest lists',
    'fail',
    { calls: [writes('/app/a.ts', "import _ from 'lodash';\n")], history: node() },
    absent('node'),
  ),
  agentCase(
    'a scoped package',
    'fail',
    { calls: [writes('/app/a.ts', "import { z } from '@hono/zod-validator/dist';\n")], history: node() },
    absent('node'),
  ),
  agentCase(
    'a package that is required',
    'fail',
    { calls: [writes('/app/a.js', "const axios = require('axios');\n")], history: node() },
    absent('node'),
  ),
  agentCase(
    'an import that an edit adds',
    'fail',
    {
      calls: [edits('/app/a.ts', "import { z } from 'zod';", "import { z } from 'zod';\nimport dayjs from 'dayjs';")],
      history: [...node(), ...wasRead('/app/a.ts', "import { z } from 'zod';")],
    },
    absent('node'),
  ),
  agentCase(
    'a package of Python',
    'fail',
    { calls: [writes('/app/a.py', 'import numpy as np\n')], history: python() },
    absent('python'),
  ),
  agentCase(
    'a part of a package of Python',
    'fail',
    { calls: [writes('/app/a.py', 'from pandas.io import sql\n')], history: python() },
    absent('python'),
  ),
  agentCase(
    'a module of Go',
    'fail',
    {
      calls: [writes('/app/a.go', 'package main\n\nimport (\n\t"fmt"\n\t"github.com/gin-gonic/gin"\n)\n')],
      history: go(),
    },
    absent('go'),
  ),
  agentCase('a package of the manifest', 'pass', {
    calls: [writes('/app/a.ts', "import { z } from 'zod';\n")],
    history: node(),
  }),
  agentCase('a package of which the types are listed', 'pass', {
    calls: [writes('/app/a.ts', "import type { Express } from 'express';\n")],
    history: node(),
  }),
  agentCase('a module that goes by another name', 'pass', {
    calls: [writes('/app/a.py', 'import yaml\nfrom sklearn import svm\nimport requests\n')],
    history: python(),
  }),
  agentCase('a module of Go in the list', 'pass', {
    calls: [writes('/app/a.go', 'package main\n\nimport "github.com/jackc/pgx/v5/pgxpool"\n')],
    history: go(),
  }),
  agentCase('a package that is installed at once', 'pass', {
    calls: [runs('npm install dayjs'), writes('/app/a.ts', "import dayjs from 'dayjs';\n")],
    history: node(),
  }),
  agentCase('a package that was installed', 'pass', {
    calls: [writes('/app/a.ts', "import dayjs from 'dayjs';\n")],
    history: [...node(), ...wasRun('npm install dayjs', 'added 1 package')],
  }),
  agentCase('a package that the user named', 'pass', {
    calls: [writes('/app/a.ts', "import dayjs from 'dayjs';\n")],
    history: [...node(), says('Use dayjs')],
  }),
  agentCase('a manifest that the same reply writes', 'pass', {
    calls: [
      writes('/app/package.json', '{"dependencies": {"dayjs": "1"}}'),
      writes('/app/a.ts', "import dayjs from 'dayjs';\n"),
    ],
  }),
  agentCase('no manifest is known', 'unknown', { calls: [writes('/app/a.ts', "import dayjs from 'dayjs';\n")] }),
  agentCase('modules of the runtime and files of the project', 'not_applicable', {
    calls: [
      writes(
        '/app/a.ts',
        "import fs from 'node:fs';\nimport path from 'path';\nimport { b } from './b.ts';\nimport c from '@/c';\n",
      ),
    ],
    history: node(),
  }),
  agentCase('an import that was there before', 'not_applicable', {
    calls: [edits('/app/a.ts', 'let a', 'let b')],
    history: [...node(), ...wasRead('/app/a.ts', "import dayjs from 'dayjs';\nlet a;")],
  }),
  agentCase('a language without manifests', 'not_applicable', {
    calls: [writes('/app/a.sh', 'import dayjs')],
    history: node(),
  }),
  agentCase('an answer in words', 'not_applicable', { text: "import dayjs from 'dayjs';", history: node() }),
];
