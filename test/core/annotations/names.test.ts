import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const HOME = join('src', 'core', 'annotations')
const NAME = /heald\.dev\/(skip|paused|marks|approved|repair-request|resume|control-plane)/

t.test('the name of an annotation stands in src/core/annotations and nowhere else in the program', async (t) => {
  const files = ['src', 'cmd'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => join(root, file)),
  )
  const elsewhere = files
    .filter((file) => file.endsWith('.ts') && !file.startsWith(HOME))
    .filter((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .some((line) => !/^\s*(\/?\*|\/\/)/.test(line) && NAME.test(line)),
    )
  t.same(elsewhere, [])
})
