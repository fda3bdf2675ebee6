import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load/load.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { LAB } from '../lab/paths.ts'
import { run } from '../support/cli/bundle.ts'

const KUBECTL = join(LAB, 'bin-1.34.4', 'kubectl')

t.test(
  'overlay and components render together with kubectl alone, and the configuration in them is usable',
  async (t) => {
    const folder = t.testdir({})
    cpSync('manifests', join(folder, 'manifests'), { recursive: true })
    mkdirSync(join(folder, 'all'))
    const components = ['../manifests/components/cluster-ca', '../manifests/components/programs']
    writeFileSync(
      join(folder, 'all/kustomization.yaml'),
      JSON.stringify({ resources: ['../manifests/overlays/openstack'], components }),
    )
    const { code, out, err } = await run(KUBECTL, ['kustomize', join(folder, 'all')])
    t.equal(code, 0, err)
    const objects = out.split(/^---$/m).map((one) => parse(one))
    const { spec } = objects.find(({ kind }) => kind === 'DaemonSet').spec.template
    const [{ args, volumeMounts }] = spec.containers
    t.ok(args.includes('--allow-exec=/opt/heald'))
    const places = ['/etc/openstack', '/etc/kubernetes/pki/ca.crt', '/opt/heald', '/etc/heald', '/run/heald']
    t.same(volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath).sort(), places.sort())
    t.ok(volumeMounts.every(({ readOnly }: { readOnly?: boolean }) => readOnly === true))
    const { data } = objects.find(({ kind }) => kind === 'ConfigMap')
    t.match(loadConfig(data['config.yaml'], { file: 'f', ...optionSchemas() }).config, {
      cloudProvider: 'openstack',
      dryRun: true,
    })
  },
)
