import t from 'tap'
import { redact } from '../../../src/cloudprovider/contract/redact.ts'
import { textOf } from '../../../src/cloudprovider/docker/capture.ts'

t.test('no credential gets through', async (t) => {
  for (const line of [
    'kubeadm join --token abcdef.0123456789abcdef',
    'Authorization: Bearer eyJhbGciOi.SECRET.x',
    'password=SECRET',
    '{"client_secret": "SECRET"}',
    'AWS_SECRET_ACCESS_KEY=SECRET',
    'MY_API_KEY: SECRET',
    '--certificate-key SECRET',
    '-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nSECRET cut off',
  ]) {
    t.notMatch(redact(line), /SECRET(?!_)|0123456789abcdef/, line)
  }
  t.equal(redact('kubelet.go:123] node is not ready'), 'kubelet.go:123] node is not ready')
})

t.test('framed and plain logs read the same', async (t) => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8)
    header[0] = stream
    header.writeUInt32BE(text.length, 4)
    return Buffer.concat([header, Buffer.from(text)])
  }
  t.equal(textOf(Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n')])), 'out\nerr\n')
  t.equal(textOf(Buffer.from('plain terminal\n')), 'plain terminal\n')
  t.equal(textOf(new Uint8Array()), '')
})
