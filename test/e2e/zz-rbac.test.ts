import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { type AuditExtract, auditVersion, RBAC_FILE, readAudits } from '../lab/audit.ts'
import { ROOT } from '../lab/paths.ts'

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly verbs: readonly string[]
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
  readonly roleRef?: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly object[]
}

const FOLDER = join(ROOT, 'test', 'e2e')
const manifests: readonly Manifest[] = parseAllDocuments(readFileSync(RBAC_FILE, 'utf8')).map((one) => one.toJSON())
const roles = manifests.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
const rules = roles.flatMap(({ metadata, rules = [] }) =>
  rules.map((rule) => ({ rule, namespace: metadata.namespace ?? '' })),
)

/** The clusters of the test files in this folder. This file's name sorts last, so they have all been there. */
function clusters(): readonly string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.test.ts'))
  const texts = files.map((file) => readFileSync(join(FOLDER, file), 'utf8'))
  return texts.flatMap((text) => [...text.matchAll(/startLab\(\{\s*name: '([^']+)'/g)].map(([, name = '']) => name))
}

/** Names who holds another heald's Lease. No lab here has a second heald; test/daemon/two-healds.test.ts has. */
const SECOND_HEALD = 'get coordination.k8s.io/leases in kube-system'

/** One line for each single thing that the rules allow: what a rule grants together must be used one by one. */
function granted(): readonly string[] {
  return rules.flatMap(({ rule, namespace }) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        rule.verbs.flatMap((verb) =>
          (rule.resourceNames ?? ['']).map((name) => line({ verb, group, resource, namespace, name })),
        ),
      ),
    ),
  )
}

function isRefusal(code: number): boolean {
  return code === 401 || code === 403
}

function line({ verb, group, resource, namespace, name }: Omit<AuditExtract['asked'][number], 'codes'>): string {
  return `${verb} ${group}/${resource} in ${namespace || 'the cluster'}${name === '' ? '' : ` named ${name}`}`
}

t.test(
  'the rules name what they mean: no wildcard, no secrets, no paths, one account bound to all of them',
  async (t) => {
    for (const { rule } of rules) {
      t.notOk([...rule.verbs, ...(rule.apiGroups ?? []), ...(rule.resources ?? [])].some((word) => word.includes('*')))
      t.notOk(rule.resources?.some((resource) => resource.split('/')[0] === 'secrets'))
      t.equal(rule.nonResourceURLs, undefined)
    }
    const bindings = manifests.filter(({ roleRef }) => roleRef !== undefined)
    t.equal(bindings.length, roles.length)
    for (const { subjects } of bindings)
      t.same(subjects, [{ kind: 'ServiceAccount', name: 'heald', namespace: 'kube-system' }])
  },
)

t.test(
  'over all end-to-end tests, what was asked of the API server equals what the rules grant, and nothing was refused for good',
  async (t) => {
    const names = clusters()
    t.ok(names.length >= 5, names.join(' '))
    const extracts = readAudits().filter(({ version }) => version === auditVersion())
    const missing = names.filter((name) => !extracts.some(({ cluster }) => cluster === name))
    t.same(missing, [], 'all of them have run before this test, with this program and under these rules')
    const asked = extracts.flatMap((extract) => extract.asked)
    // An API server that has just started knows no rule yet: it refuses for a moment what it granted before and grants after.
    const refused = asked.filter(({ codes }) => codes.some(isRefusal) && !codes.some((code) => code < 300))
    t.same(refused, [], 'nothing was refused for good')
    const used = new Set(asked.map(line))
    const needed = granted().filter((right) => right !== SECOND_HEALD)
    t.same([...used].filter((right) => right !== SECOND_HEALD).sort(), [...new Set(needed)].sort())
  },
)
