import t from 'tap'
import { createReloader } from '../../src/daemon/config-boot.ts'
import { systemClock } from '../../src/lib/clock.ts'

const exec = (command: string, env = '{}') =>
  `healthcheck: {worker: [{type: Exec, params: {command: [${command}], env: ${env}}}]}\n`
const module = (file: string) => `healthcheck: {master: [{type: Module, params: {file: ${file}}}]}\n`

function offer(text: string, source: 'file' | 'config-map', allowExec?: string): string | undefined {
  const configMap = source === 'file' ? undefined : 'a/b'
  const keeper = createReloader({ file: 'f', configMap, allowExec }, () => undefined, systemClock)
  return keeper.offer(`clusterName: c\n${text}`, source) ? undefined : keeper.lastError()?.message
}

t.test('a ConfigMap has no program run and no module loaded unless a folder is allowed', async (t) => {
  for (const text of [exec('/opt/checks/disk'), module('/opt/checks/disk.mjs')]) {
    t.match(offer(text, 'config-map'), /configmap a\/b:2:\d+: .*are not taken from a ConfigMap unless .*--allow-exec/)
    t.equal(offer(text, 'config-map', '/opt/checks'), undefined)
    t.equal(offer(text, 'config-map', '/opt/checks/'), undefined)
    t.equal(offer(text, 'file'), undefined, 'a file on the machine is as good as the program beside it')
  }
})

t.test('nothing is run inside of a replaced machine that a ConfigMap alone names', async (t) => {
  const rejoin = (program: string) => `cloudProvider: docker\ndocker: {cluster: c, rejoinCommand: [${program}, join]}\n`
  t.match(
    offer(rejoin('kubeadm'), 'config-map'),
    /configmap a\/b:3:\d+: .*docker\.rejoinCommand.* is not taken from a ConfigMap unless .*--allow-exec/,
  )
  t.match(offer(rejoin('kubeadm'), 'config-map', '/opt/heald'), /kubeadm is not below \/opt\/heald\//)
  t.match(offer(rejoin('/opt/heald/../sh'), 'config-map', '/opt/heald'), /is not below \/opt\/heald\//)
  t.equal(offer(rejoin('/opt/heald/join'), 'config-map', '/opt/heald'), undefined)
  t.equal(offer(rejoin('kubeadm'), 'file'), undefined)
})

t.test('a cloud of one’s own is taken from a ConfigMap from the allowed folder alone', async (t) => {
  const program = (file: string, env = '{}') => `cloudProvider: exec\nexec: {command: [${file}, c], env: ${env}}\n`
  const loaded = (file: string) => `module: {file: ${file}}\n`
  for (const text of [program('/opt/clouds/mine'), loaded('/opt/clouds/mine.mjs')]) {
    t.match(offer(text, 'config-map'), /configmap a\/b:[23]:\d+: .*is not taken from a ConfigMap unless .*--allow-exec/)
    t.match(offer(text, 'config-map', '/opt/other'), /is not below \/opt\/other\//)
    t.equal(offer(text, 'config-map', '/opt/clouds'), undefined)
    t.equal(offer(text, 'file'), undefined)
  }
  const preloaded = program('/opt/clouds/mine', '{LD_PRELOAD: /tmp/x.so}')
  t.match(offer(preloaded, 'config-map', '/opt/clouds'), /LD_PRELOAD would have the program load code/)
})

t.test('a file beside a ConfigMap is no way around it: it may be that ConfigMap, mounted', async (t) => {
  const keeper = createReloader({ file: 'f', configMap: 'a/b' }, () => undefined, systemClock)
  t.notOk(keeper.offer(`clusterName: c\n${exec('/opt/checks/disk')}`, 'file'))
  t.match(keeper.lastError()?.message, /f:2:\d+: .*--allow-exec/)
})

t.test('the folder is all that is allowed, whatever a path looks like', async (t) => {
  const outside = [
    '/bin/sh',
    'sh',
    '/opt/checks',
    '/opt/checks-too/disk',
    '/opt/checks/../../bin/sh',
    'opt/checks/disk',
    '/opt//checks/./../other',
  ]
  for (const file of outside) {
    t.match(offer(exec(file), 'config-map', '/opt/checks'), /is not below \/opt\/checks\//, file)
    if (file.startsWith('/')) t.match(offer(module(file), 'config-map', '/opt/checks'), /is not below/, file)
  }
  t.equal(offer(exec('/opt//checks/./disk'), 'config-map', '/opt/checks'), undefined)
})

t.test('no variable makes an allowed program load code from elsewhere', async (t) => {
  for (const name of ['LD_PRELOAD', 'NODE_OPTIONS', 'PYTHONPATH', 'BASH_ENV', 'PATH']) {
    const text = exec('/opt/checks/disk', `{${name}: x}`)
    t.match(offer(text, 'config-map', '/opt/checks'), new RegExp(`${name} would have the program load code`))
    t.equal(offer(text, 'file'), undefined)
  }
  t.equal(offer(exec('/opt/checks/disk', '{REGION: north}'), 'config-map', '/opt/checks'), undefined)
})

t.test('what is refused leaves the last good configuration in force', async (t) => {
  const keeper = createReloader({ file: undefined, configMap: 'a/b' }, () => undefined, systemClock)
  t.ok(keeper.offer('clusterName: c\n', 'config-map'))
  t.notOk(keeper.offer(`clusterName: d\n${exec('/bin/sh')}`, 'config-map'))
  t.equal(keeper.current()?.clusterName, 'c')
})
