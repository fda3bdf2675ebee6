// Bundles cmd/heald.ts with everything it needs into dist/heald.mjs: what users and the end-to-end tests run. And the
// contract suite of clouds into dist/contract.mjs: what the author of a cloud outside of this repository runs.
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** client-node declares no `sideEffects`, and without this every generated model (13 MB) would come along. */
const clientNodeIsPure = {
  name: 'client-node-is-pure',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.includes('@kubernetes/client-node') ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    )
  },
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
await build({
  entryPoints: ['cmd/heald.ts'],
  outfile: 'dist/heald.mjs',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // Names stay, for stack traces. The rest would be held in memory for as long as the process lives.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 200,
  legalComments: 'none',
  define: { HEALD_VERSION: JSON.stringify(version) },
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  loader: { '.yaml': 'text' },
  // Node's own `punycode`, which a dependency of client-node asks for, is deprecated and says so on stderr.
  alias: { punycode: 'punycode/punycode.js' },
  plugins: [clientNodeIsPure],
  logLevel: 'warning',
})
chmodSync('dist/heald.mjs', 0o755)
await build({
  entryPoints: ['test/contract/index.ts'],
  outfile: 'dist/contract.mjs',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
})
