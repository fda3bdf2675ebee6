import { get } from 'node:https'
import t from 'tap'
import { startMeddling } from '../lab/meddle.ts'
import { createCertificate } from '../support/kube/certificate.ts'
import { serve } from '../support/serve.ts'

t.test('the headers of a watch that has nothing to say go through at once', async (t) => {
  const certificate = createCertificate('IP:127.0.0.1')
  const url = await serve(t, (_request, response) => void response.writeHead(200).flushHeaders(), certificate)
  const meddling = await startMeddling({ url, ca: certificate.cert, masters: ['m0'] })
  t.teardown(() => meddling.close())
  const door = meddling.serverOf('m0')
  const status = await new Promise<number | string | undefined>((resolve, reject) => {
    const watch = get(`${door.url}/api/v1/nodes?watch=true`, { ca: door.ca, agent: false }, (answer) => {
      resolve(answer.statusCode)
      watch.destroy()
    })
    watch.setTimeout(10_000, () => resolve('no headers'))
    watch.once('error', reject)
  })
  t.equal(status, 200)
})
