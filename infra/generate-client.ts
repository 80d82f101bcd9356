import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clientFile, writeClient } from './client/write-client.ts';

const HELP = `Write the TypeScript client of the API from its OpenAPI document.

  npm run client [-- --check]

  --check   write nothing, and say by the exit code whether the client is up to date`;

const options = process.argv.slice(2);
const path = fileURLToPath(clientFile);
if (options.includes('--help')) console.log(HELP);
else if (options.includes('--check')) {
  if (readFileSync(path, 'utf8') !== writeClient()) {
    console.error(`${path} is not what the API is: run \`npm run client\``);
    process.exitCode = 1;
  }
} else writeFileSync(path, writeClient());
