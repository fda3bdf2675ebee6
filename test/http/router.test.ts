import t from 'tap'
import { text } from '../../src/http/reply.ts'
import type { Route, RouteGroup } from '../../src/http/route.ts'
import { createRouter, type Match } from '../../src/http/router.ts'

const named = (method: Route['method'], path: string): Route => ({ method, path, answer: () => text(200, path) })
const groups: readonly RouteGroup[] = [
  { doors: ['local', 'public'], routes: [named('GET', '/livez')] },
  {
    doors: ['local'],
    routes: [
      named('GET', '/nodes/{node}'),
      named('GET', '/nodes/all'),
      { ...named('GET', '/why/{node}/{check}'), usage: 'name both' },
      named('POST', '/nodes/{node}'),
    ],
  },
]
const local = createRouter(groups, 'local', 'is elsewhere')
const open = createRouter(groups, 'public', 'is elsewhere')

function found(match: Match): object {
  return 'route' in match ? { path: match.route.path, params: match.params } : match.none
}

t.test('a path names its parameters, decoded, and a literal path beats one with parameters', (t) => {
  t.strictSame(found(local('GET', '/nodes/a%20b')), { path: '/nodes/{node}', params: { node: 'a b' } })
  t.strictSame(found(local('GET', '/why/a/b')), { path: '/why/{node}/{check}', params: { node: 'a', check: 'b' } })
  t.match(found(local('GET', '/nodes/all')), { path: '/nodes/all' })
  t.match(found(local('HEAD', '/nodes/all')), { path: '/nodes/all' })
  t.match(found(local('POST', '/nodes/all')), { path: '/nodes/{node}' })
  t.end()
})

t.test('an empty, broken or slashed parameter, and a path spelt otherwise, is no page', (t) => {
  const paths = ['/nodes/', '/nodes', '/nodes/a/', '/nodes/%', '/nodes/%ff', '/nodes/a%2fb', '/nodes/..%2flivez']
  for (const path of [...paths, '//livez', '/livez/', '/LIVEZ', '/%6civez', '/./livez', '/a/../livez', '*', '']) {
    t.match(found(local('GET', path)), { status: 404 }, path)
  }
  t.end()
})

t.test('a parameter called like a property of every object is only a parameter', (t) => {
  const router = createRouter([{ doors: ['local'], routes: [named('GET', '/{__proto__}')] }], 'local', '')
  const match = router('GET', '/x')
  t.ok('route' in match)
  t.notOk(Reflect.has({}, 'x'))
  t.end()
})

t.test('a method that the path does not know is a 405 that says which ones it does', (t) => {
  t.match(found(local('POST', '/livez')), { status: 405, headers: { allow: 'GET, HEAD' } })
  t.match(found(local('DELETE', '/nodes/a')), { status: 405, headers: { allow: 'GET, HEAD, POST' } })
  t.match(found(local('POST', '/nope')), { status: 404 })
  t.end()
})

t.test('a door on which nothing is written answers every other method alike, whatever the path', (t) => {
  for (const path of ['/livez', '/nodes/a', '/nope']) {
    t.match(found(open('POST', path)), { status: 405, headers: { allow: 'GET, HEAD' }, body: /only read/ }, path)
  }
  t.end()
})

t.test('what only another door has is said to be there, and a path that begins well is helped', (t) => {
  t.match(found(open('GET', '/nodes/a')), { status: 404, body: '/nodes/a is elsewhere\n' })
  t.match(found(open('GET', '/nodes/all')), { status: 404, body: '/nodes/all is elsewhere\n' })
  t.match(found(local('GET', '/why/a')), { status: 404, body: 'name both\n' })
  t.match(found(open('GET', '/nope')), { status: 404, body: 'there is no page /nope; pages: /livez\n' })
  t.end()
})
