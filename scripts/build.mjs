// Bundles cmd/heald.ts with everything it needs into dist/heald.mjs: what users and the end-to-end tests run.
import { chmodSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
await build({
  entryPoints: ['cmd/heald.ts'],
  outfile: 'dist/heald.mjs',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  minifySyntax: true,
  legalComments: 'none',
  define: { HEALD_VERSION: JSON.stringify(version) },
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  loader: { '.yaml': 'text' },
  logLevel: 'warning',
})
chmodSync('dist/heald.mjs', 0o755)
