import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse } from 'yaml'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLocalApi, type LocalApi } from '../../../src/simulator/api/local.ts'
import { createStore } from '../../../src/simulator/api/store/store.ts'
import { kubeApiContract } from '../../contract/kube-api.ts'
import type { Client } from '../../contract/kube-api-client.ts'
import { watchLines } from '../../support/kube/in-process.ts'

kubeApiContract(t, async () => {
  const api = createLocalApi({ clock: systemClock, store: createStore(), bookmarkMs: 10_000 })
  const crd = parse(await readFile('manifests/base/crd.yaml', 'utf8'))
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`
  api.call('PATCH', path, { spec: crd.spec }, { contentType: 'application/merge-patch+json' })
  return { client: clientOf(api), compact: async () => api.store.compact() }
})

/** The suite's own client, without a wire. */
function clientOf(api: LocalApi): Client {
  const end = new AbortController()
  const send: Client['send'] = async (method, target, body, contentType = 'application/json') => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const reaction = api.react({ method, target, contentType, text })
    if (reaction.kind !== 'answer') throw new Error(`${method} ${target}: ${reaction.kind}`)
    const isJson = reaction.text.startsWith('{')
    return {
      status: reaction.status,
      headers: { date: api.date() },
      body: isJson ? JSON.parse(reaction.text) : reaction.text,
    }
  }
  return {
    send,
    must: async (method, target, body, contentType) => {
      const reply = await send(method, target, body, contentType)
      if (reply.status < 400) return reply.body
      throw new Error(`${method} ${target}: ${reply.status}: ${JSON.stringify(reply.body)}`)
    },
    async *watch(target) {
      const reaction = api.react({ method: 'GET', target, contentType: 'application/json', text: '' })
      if (reaction.kind !== 'watch') throw new Error(`watch ${target}: ${JSON.stringify(reaction)}`)
      for await (const chunk of watchLines(reaction, end.signal).body) {
        for (const line of chunk.toString().split('\n')) if (line !== '') yield JSON.parse(line)
      }
    },
    close: () => end.abort(),
  }
}
