import t from 'tap'
import { blameFor } from '../../../src/healthcheck/plugin/blame.ts'

function coded(code: string): Error {
  return Object.assign(new Error(`it said ${code}`), { code })
}

t.test('only errors from the node’s side of the wire blame the node', async (t) => {
  for (const code of [
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ETIMEDOUT',
    'ECONNRESET',
    'EPIPE',
    'HPE_INVALID_CONSTANT',
  ]) {
    t.equal(blameFor(coded(code)).status, 'fail', code)
  }
})

t.test('our own shortages, missing routes, distrust and whatever we do not know blame nobody', async (t) => {
  const ours = [
    'EADDRNOTAVAIL',
    'ENETUNREACH',
    'ENETDOWN',
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'EACCES',
    'EPERM',
    'ENOTFOUND',
  ]
  const tls = ['EPROTO', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_X']
  for (const code of [...ours, ...tls, 'ABORT_ERR', 'ERR_ABORTED', 'E_NEVER_HEARD_OF', '']) {
    t.equal(blameFor(coded(code)).status, 'unknown', code)
  }
  t.equal(blameFor(new Error('no code at all')).status, 'unknown')
})
