import { type Base, type Mistake, SECRET } from './broken-file.ts'

export function typos({ key, name }: Base): readonly Mistake[] {
  const lenient = name === 'magnum' ? 0 : 2
  const swapped = (word: string): string => `${word.charAt(0)}${word.charAt(2)}${word.charAt(1)}${word.slice(3)}`
  const needed = ['authUrl', 'userId', 'projectId'].map(key)
  const others = ['monitorInterval', 'checkDelayAfterAdd', 'healthcheck', 'region'].map(key)
  return [...needed.slice(0, 1), ...others].flatMap((word) => {
    const code = needed.includes(word) ? 2 : lenient
    const remedy = new RegExp(`did you mean ${word}\\?`)
    return [swapped(word), `${word}s`, word.slice(0, -1)].map((to): Mistake => {
      return { kind: 'typo', from: `${word}:`, to: `${to}:`, remedy, code }
    })
  })
}

export function hopeless({ key }: Base): readonly Mistake[] {
  const values = {
    clusterName: 'c1',
    userId: 'u1',
    region: 'RegionOne',
    authUrl: 'https://keystone:5000/v3',
    password: SECRET,
  }
  const slot = ['$', '{VALUE}'].join('')
  const address = `${key('authUrl')}: https://keystone:5000/v3`
  const to = (value: string): string => `${key('authUrl')}: ${value}`
  const once = (kind: string, from: string, instead: string, remedy: RegExp, code: 0 | 2): Mistake => {
    return { kind, from, to: instead, remedy, code }
  }
  return [
    ...Object.entries(values).map(([word, value]) =>
      once('placeholder', `${key(word)}: ${value}`, `${key(word)}: ${slot}`, /write the value itself/, 2),
    ),
    ...['keystone:5000/v3', 'ftp://keystone', '//keystone/v3'].map((value) =>
      once('address', address, to(value), /begins with https:\/\/ or http:\/\//, 2),
    ),
    once('address', address, to(`https://me:${SECRET}@keystone/v3`), /take them out/, 0),
    once(
      'cluster name',
      `${key('clusterName')}: c1`,
      `${key('clusterName')}: ""`,
      /set the uuid of the Magnum cluster/,
      0,
    ),
    ...['clusterName: c1', 'region: RegionOne'].map((line) => {
      const [word = '', value = ''] = line.split(': ')
      return once('typographic', `${key(word)}: ${value}`, `${key(word)}: “${value}”`, /use " or '/, 2)
    }),
    { ...once('typographic', '[/healthz]', '[‘/healthz’]', /use " or '/, 2), mark: '‘' },
    { ...once('URL', '[/healthz]', '["https://10.0.0.1/healthz"]', /a path such as \/healthz/, 2), skip: 1 },
    ...['1m', '2m'].map((value) =>
      once('zero', `${key('unhealthyDuration')}: ${value}`, `${key('unhealthyDuration')}: 0s`, /1m to 5m is right/, 0),
    ),
    once(
      'secret file',
      `password: ${SECRET}`,
      `${key('passwordFile')}: /nowhere/password`,
      /create it there, or correct/,
      0,
    ),
    ...['monitorInterval: 15s', 'checkDelayAfterAdd: 20m', 'dryRun: false'].map((line) => {
      const word = key(line.split(':')[0] ?? '')
      return once('nothing', `${word}:${line.split(':')[1]}`, `${word}:`, /write a value, or remove it/, 0)
    }),
    once(
      'no duration',
      `${key('monitorInterval')}: 15s`,
      `${key('monitorInterval')}: 15`,
      /such as 30s, 5m or 1h30m/,
      2,
    ),
  ]
}

export function idle({ key, name, text }: Base): readonly Mistake[] {
  const end = 'region: RegionOne\n'
  const add = (kind: string, line: string, remedy: RegExp): Mistake => {
    return { kind, from: end, to: `${end}${line}\n`, mark: line, remedy, code: 0 }
  }
  const master = text.slice(text.indexOf('  master:'), text.indexOf('  worker:'))
  const empty = (role: string): RegExp =>
    new RegExp(`add "- type: NodeCondition", or set ${key(`${role}MonitorEnabled`)}: false`)
  return [
    add(
      'unused',
      'docker: {}',
      name === 'magnum' ? /compatibility: none/ : /set cloudProvider: docker, or remove this block/,
    ),
    { kind: 'no check', from: master, to: '  master: []\n', remedy: empty('master'), code: 0 },
    ...(name === 'magnum'
      ? [
          { kind: 'no check', from: master, to: '', mark: 'healthcheck', remedy: empty('master'), code: 0 } as const,
          ...['ladder: {}', 'zone-label: z', 'gates: {}'].map((line) =>
            add('one more key', line, /compatibility: none/),
          ),
        ]
      : [
          {
            kind: 'no cloud',
            from: 'cloudProvider: openstack',
            to: 'cloudProvider: none',
            mark: 'openstack',
            remedy: /set cloudProvider: openstack/,
            code: 0,
          } as const,
        ]),
  ]
}
