import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

/** By the first words of a block: the test that runs it, or why none does. */
const BLOCKS: Readonly<Record<string, { readonly by: string } | { readonly not: string }>> = {
  'npm ci && npm run demo': { by: 'test/integration/demo.test.ts' },
  'npm ci && npm test': { not: 'it is what runs this test' },
  'kubectl get nr': { by: 'test/integration/cli.test.ts' },
  'docker build -t': { by: 'test/docs/install.test.ts' },
  'kubectl apply -k manifests/base && ': { by: 'test/e2e/manifests.test.ts' },
  'kubectl get operariuses': { by: 'test/cmd/commands/why-alert.test.ts' },
  'heald pause --reason removal': { by: 'test/docs/install.test.ts' },
  'heald backtest': { by: 'test/cmd/commands/backtest.test.ts' },
  'kubectl -n kube-system get configmap magnum-auto-healer-config': { by: 'test/docs/install.test.ts' },
  'sed -i -e': { by: 'test/docs/install.test.ts' },
  'kubectl -n kube-system delete daemonset magnum-auto-healer': { not: 'one kubectl of another program’s object' },
  'npm ci && npm run build && npm link': { by: 'test/cmd/commands/simulate.test.ts' },
  'cp examples/providers/virsh.sh': { by: 'test/docs/providers.test.ts' },
  'echo \'{"protocol":1': { by: 'test/docs/providers.test.ts' },
  'cat > heald.yaml': { by: 'test/docs/providers.test.ts' },
}

t.test('every block of commands in README and docs is run by a test, or it is said why not', async (t) => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync('docs').filter((file) => file.endsWith('.md'))]
  const found = new Set<string>()
  for (const page of pages) {
    const text = readFileSync(existsSync(page) ? page : `docs/${page}`, 'utf8')
    for (const [, , block = ''] of text.matchAll(/^( *)```(?:sh|bash|console|shell)\n([\s\S]*?)^\1```/gm)) {
      const known = Object.keys(BLOCKS).filter((words) => block.trimStart().startsWith(words))
      // The longest: one may begin as another does.
      const words = known.sort((a, b) => b.length - a.length)[0]
      if (words === undefined) t.fail(`${page}: who runs this?`, { block })
      else found.add(words)
    }
  }
  for (const [words, runner] of Object.entries(BLOCKS)) {
    t.ok(found.has(words), `${words}: still stands somewhere`)
    if ('by' in runner) t.ok(existsSync(runner.by), runner.by)
  }
})
