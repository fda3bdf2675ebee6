import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { RIGHTS } from '../../src/daemon/sections.ts'

interface Role {
  readonly kind: string
  readonly metadata: { readonly namespace?: string }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** Only for those who configure it: the lock of the old healer, and the ConfigMap under the name of the manifest. */
const BY_CONFIGURATION = ['magnum-auto-healer', 'heald-config']

t.test('the shipped roles grant what the sections ask for, and nothing else', async (t) => {
  const documents = parseAllDocuments(await readFile('manifests/base/rbac.yaml', 'utf8'))
  const roles = documents.map((one) => one.toJS() as Role).filter(({ kind }) => ['Role', 'ClusterRole'].includes(kind))
  const granted = roles.flatMap(({ metadata: { namespace }, rules }) =>
    rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames
            .filter((name) => !BY_CONFIGURATION.includes(name))
            .flatMap((name) => verbs.map((verb) => [namespace ?? '', group, resource, name, verb].join(' '))),
        ),
      ),
    ),
  )
  const asked = RIGHTS.flatMap(({ verbs, group, resource, namespace = '', name = '' }) =>
    verbs.split(' ').map((verb) => [namespace, group, resource, name, verb].join(' ')),
  )
  t.same(asked.sort(), granted.sort())
})
