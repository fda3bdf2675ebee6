import { type Base, type Mistake, SECRET } from './broken-file.ts'

export function quotes({ key }: Base): readonly Mistake[] {
  const values = [`${key('clusterName')}: c1`, 'region: RegionOne', `${key('projectId')}: p1`]
  const open = values.flatMap((line) =>
    ['"', "'"].map((sign): Mistake => {
      const to = line.replace(': ', `: ${sign}`)
      return { kind: 'open quote', from: line, to, skip: to.indexOf(sign), remedy: /at the value's end/ }
    }),
  )
  const brackets = ['[/healthz', '[/healthz}', '{/healthz'].map((to): Mistake => {
    return { kind: 'open bracket', from: '[/healthz]', to, remedy: /close it/ }
  })
  return [...open, ...brackets]
}

export function passwords(): readonly Mistake[] {
  return ['!', '*', '&', '@', '`', '%', '{', '[', '>', '|', '#'].map((sign) => {
    const to = `password: ${sign}${SECRET}`
    return { kind: 'password', from: `password: ${SECRET}`, to, skip: sign === '#' ? 0 : 10, remedy: /in quotes/ }
  })
}

export function indents({ key }: Base): readonly Mistake[] {
  const columns = /begin in the same column|start in the same column/
  const shifted = [
    ['  region:', '   region:'],
    ['  region:', ' region:'],
    [`  ${key('projectId')}:`, `    ${key('projectId')}:`],
    ['  worker:', ' worker:'],
    ['  worker:', '   worker:'],
    ['      params:\n', '     params:\n'],
    [`${key('monitorInterval')}:`, `  ${key('monitorInterval')}:`],
  ] as const
  const space = /write a plain space/
  return [
    ...shifted.map(([from, to]): Mistake => ({ kind: 'indentation', from, to, remedy: columns })),
    { kind: 'tab', from: '  region', to: '\tregion', mark: '\tregion', remedy: /use spaces/ },
    {
      kind: 'no-break space',
      from: `${key('dryRun')}: `,
      to: `${key('dryRun')}:\u00a0`,
      mark: '\u00a0',
      remedy: space,
    },
    {
      kind: 'no-break space',
      from: `  ${key('userId')}`,
      to: ` \u202f${key('userId')}`,
      mark: '\u202f',
      remedy: space,
    },
    {
      kind: 'no space',
      from: `${key('dryRun')}: false`,
      to: `${key('dryRun')}:false`,
      mark: ':false',
      skip: 1,
      remedy: /a space is missing/,
    },
  ]
}

export function shapes({ key, text }: Base): readonly Mistake[] {
  const block = text.slice(text.indexOf('  ', text.indexOf('openstack:\n')))
  const listed = `  - ${block.slice(2).replace(/\n {2}(?=\S)/g, '\n    ')}`
  const tooDeep = `  ${key('checkDelayAfterAdd')}: 20m`
  return [
    { kind: 'list for mapping', from: block, to: listed, mark: 'openstack:\n', remedy: /remove the - before its keys/ },
    {
      kind: 'mapping for list',
      from: '    - type: NodeCondition\n      params',
      to: '    type: NodeCondition\n    params',
      mark: 'worker:',
      remedy: /put a - before each entry/,
    },
    {
      kind: 'no indentation',
      from: block,
      to: block.replace(/^ {2}/gm, ''),
      mark: key('authUrl'),
      remedy: /belongs under openstack/,
    },
    {
      kind: 'too deep',
      from: 'healthcheck:\n',
      to: `healthcheck:\n${tooDeep}\n`,
      mark: `  ${key('checkDelayAfterAdd')}`,
      skip: 2,
      remedy: /belongs at the top/,
      code: text.startsWith('cluster-name') ? 0 : 2,
    },
  ]
}
