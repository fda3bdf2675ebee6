import t from 'tap'
import { formatIssue } from '../../../src/config/load/config-error.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { options } from '../options.ts'

const load = (text: string) => loadConfig(text, { file: 'f', ...options })
const warned = (text: string): readonly string[] => load(text).warnings.map(formatIssue)
const CHECKS = 'healthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition}]}\n'

t.test('one configured cloud is the one that repairs; two of them leave it open, and both are told', async (t) => {
  t.match(load('docker: {}\n').config, { cloudProvider: 'docker', providerOptions: { docker: {} } })
  t.match(load('cloudProvider: none\ndocker: {}\n').config, { cloudProvider: 'none' })
  t.match(load('docker:\n').config, { cloudProvider: 'none' }, 'a key with nothing behind it is no block')
  const both = 'docker: {}\nopenstack: {}\n'
  t.match(load(both).config, { cloudProvider: 'none' })
  t.same(warned(both), [
    'f:1:1: docker: has no effect, as cloudProvider is none by default; set cloudProvider: docker, or remove this block',
    'f:2:1: openstack: has no effect, as cloudProvider is none by default; set cloudProvider: openstack, or remove this block',
  ])
})

t.test('a block of a cloud that is not used is told at its line', async (t) => {
  t.same(warned('cloudProvider: docker\ndocker: {}\nopenstack: {}\n'), [
    'f:3:1: openstack: has no effect, as cloudProvider is docker; set cloudProvider: openstack, or remove this block',
  ])
  t.same(warned('dryRun: true\ncloudProvider: none\ndocker: {}\n').length, 1)
})

t.test('no cloud is doubtful unless nothing is to be done anyway', async (t) => {
  const message =
    'no cloud is configured, so nothing is ever repaired; set cloudProvider (openstack, docker), or say so with dryRun: true'
  t.same(warned('dryRun: false\ncloudProvider: none\n'), [`f:2:1: cloudProvider: ${message}`])
  t.same(warned('clusterName: c\n'), [`f:1:1: cloudProvider: ${message}`])
  t.same(warned('dryRun: true\n'), [])
})

t.test('a role that is healed and has no check is told, at its list or at what should hold it', async (t) => {
  const file = 'cloudProvider: docker\nhealthcheck:\n  worker: []\n'
  t.same(warned(file), [
    'f:3:3: healthcheck.worker: no check, so no worker is ever found unhealthy; add "- type: NodeCondition", or set workerMonitorEnabled: false',
  ])
  t.same(warned(`${file}workerMonitorEnabled: false\n`), [])
  t.match(warned('cluster-name: c\nhealthcheck:\n  worker: [{type: NodeCondition}]\n'), [
    /^f:2:1: healthcheck\.master: no check, so no master .*set master-monitor-enabled: false/,
  ])
  t.match(warned(`cluster-name: c\n${CHECKS.replace('healthcheck', 'healthchek')}`), [
    /^f:2:1: healthchek: unknown key, left out; did you mean healthcheck\?/,
    /^f:1:1: healthcheck: no check, so no node is ever found unhealthy/,
  ])
})
