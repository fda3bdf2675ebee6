import { readFileSync } from 'node:fs'
import t from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import { renderConfigDoc } from '../../../src/config/docs/render-doc.ts'
import { configJsonSchema, type JsonSchema, renderConfigSchema } from '../../../src/config/docs/render-schema.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { pluginSchemas } from '../../../src/healthcheck/registry.ts'

const options = {
  plugins: pluginSchemas,
  providers: Object.fromEntries([...PROVIDERS].map(([name, { schema }]) => [name, schema])),
}

t.test('the example file is usable, and so is every default that the documentation names', async (t) => {
  const text = readFileSync('config.example.yaml', 'utf8')
  const { config, warnings } = loadConfig(text, { file: 'config.example.yaml', ...options })
  t.same(warnings, [])
  t.match(config, { cloudProvider: 'docker', dryRun: true, compat: false })
  // Who one is at a cloud has no default, nor has which program of one's own is one.
  const {
    openstack: _,
    exec: _exec,
    module: _module,
    ...all
  } = defaults(configJsonSchema(options)) as Record<string, unknown>
  const written = JSON.stringify(all)
  const { config: fromDefaults } = loadConfig(written, { file: 'defaults', ...options })
  const { config: fromNothing } = loadConfig('compatibility: none\n', { file: 'nothing', ...options })
  t.same({ ...fromDefaults, providerOptions: {} }, { ...fromNothing, providerOptions: {} })
})

t.test('every key of heald itself has a description', async (t) => {
  const mute: string[] = []
  const walk = (path: string, schema: JsonSchema): void => {
    if (schema.description === undefined && path !== '') mute.push(path)
    for (const [key, child] of Object.entries(schema.properties ?? {})) walk(`${path}.${key}`, child)
    for (const variant of schema.items?.oneOf ?? []) {
      for (const [key, child] of Object.entries(variant.properties ?? {})) {
        if (child.description === undefined) mute.push(`${path}[].${key}`)
      }
    }
  }
  const { docker: _, ...own } = configJsonSchema(options).properties ?? {}
  walk('', { properties: own })
  t.same(mute, [])
})

t.test('documentation and schema name every plugin and cloud', async (t) => {
  const doc = renderConfigDoc(options)
  for (const type of pluginSchemas.keys()) t.match(doc, `type: ${type}`)
  t.match(doc, '| `docker.socket` |')
  t.match(doc, '| `gates.breaker.poolPercent` | number | `20` |')
  t.equal(JSON.parse(renderConfigSchema(options)).additionalProperties, false)
})

function defaults(schema: JsonSchema): unknown {
  const inner = Object.entries(schema.properties ?? {})
  if (inner.length === 0) return schema.default
  return Object.fromEntries(inner.map(([key, child]) => [key, defaults(child)]))
}
