// Turns test files into JavaScript: a file each, what they share in chunks. Loading TypeScript cost more than most tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** Builds `files` into `outdir`, and answers where each of them went. */
export async function buildTests(files, outdir) {
  await build({
    entryPoints: [...files],
    outbase: '.',
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [ownTest, ownPlace],
  })
  return new Map(files.map((file) => [file, join(outdir, file.replace(/\.ts$/, '.mjs'))]))
}

/** What a test file imports as `tap` is a test of its own, handed to it by in-one-process.mjs. */
const ownTest = {
  name: 'own-test',
  setup(bundle) {
    bundle.onResolve({ filter: /^tap$/ }, ({ importer }) => ({ path: importer, namespace: 'own-test' }))
    bundle.onLoad({ filter: /.*/, namespace: 'own-test' }, () => ({
      contents: `export default globalThis[Symbol.for('heald.test')]`,
    }))
  },
}

/** Files that are read relative to a source stay there. */
const ownPlace = {
  name: 'own-place',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.url')) return undefined
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' }
    })
  },
}
