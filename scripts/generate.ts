// Writes every generated file: `npm run generate`. With `--check` it writes nothing and fails when one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { renderConfigDoc } from '../src/config/docs/render-doc.ts'
import { renderConfigSchema } from '../src/config/docs/render-schema.ts'
import { renderReasonsDoc } from '../src/core/explain/reasons-doc.ts'
import { optionSchemas } from '../src/daemon/config-boot.ts'
import { RIGHTS, SECTIONS } from '../src/daemon/sections.ts'
import { crdOf } from '../src/kube/crd/crd.ts'
import { renderOutageSchema } from '../src/simulator/outage/outage-schema.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { renderMetricsDoc } from '../src/telemetry/metrics-doc.ts'
import { parseLayers, renderLintRules, sourceFolders } from './layers.ts'
import { rbacOf } from './rbac.ts'
import { renderManifests } from './render-manifests.ts'

const options = optionSchemas()

function neverScraped(): never {
  throw new Error('metrics: only their names are wanted here')
}

const FILES: readonly (readonly [path: string, render: () => string])[] = [
  [
    'biome.layers.json',
    () => renderLintRules(parseLayers(readFileSync('docs/architecture.md', 'utf8')), sourceFolders()),
  ],
  ['docs/configuration.md', () => renderConfigDoc(options)],
  ['docs/metrics.md', () => renderMetricsDoc(createMetrics(neverScraped).registry)],
  ['docs/reasons.md', renderReasonsDoc],
  [
    'manifests/base/crd.yaml',
    () =>
      renderManifests(
        'Generated from src/kube/crd by `npm run generate`.',
        SECTIONS.flatMap((one) => one.kinds).map(crdOf),
      ),
  ],
  [
    'manifests/base/rbac.yaml',
    () =>
      renderManifests(
        'Generated from the rights of the sections (src/daemon) by `npm run generate`. Exactly what heald asks of the API server: the end-to-end tests compare these rules with its audit log, in both directions.',
        rbacOf(RIGHTS),
      ),
  ],
  ['schema/config.schema.json', () => renderConfigSchema(options)],
  ['schema/outage.schema.json', renderOutageSchema],
]

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

const check = process.argv.includes('--check')
const stale: string[] = []
for (const [path, render] of FILES) {
  const text = render()
  if (current(path) === text) continue
  stale.push(path)
  if (check) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
if (!check) console.log(stale.length === 0 ? 'generated files: fresh' : `generated files: wrote ${stale.join(', ')}`)
else if (stale.length > 0) {
  console.error(`generated files: stale: ${stale.join(', ')}: run \`npm run generate\` and commit what it writes`)
  process.exitCode = 1
}
