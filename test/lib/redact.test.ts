import t from 'tap'
import { redact } from '../../src/cloudprovider/contract/redact.ts'
import { isHiddenKey, showValue } from '../../src/config/load/secrets.ts'
import { scrub } from '../../src/lib/redact.ts'

/** Everybody who prints what came from outside: log and pages, a machine's console, messages about a configuration. */
const PRINTERS = { log: scrub, console: redact, configuration: showValue }

const SHAPES = {
  'a private key': '-----BEGIN RSA PRIVATE KEY-----\nZebra77Zebra\n-----END RSA PRIVATE KEY-----',
  'a private key that is cut off': '-----BEGIN PRIVATE KEY-----\nZebra77Zebra',
  'a bearer token': 'Bearer Zebra77Zebra',
  'a JSON Web Token': 'got eyJhbGciOi.Zebra77Zebra.x',
  "one of Keystone's Fernet tokens": 'got gAAAAABZebra77Zebra77Zebra77Zebra',
  "one of kubeadm's tokens": 'join abcdef.zebra77zebra1234',
  'a password in an address': 'https://admin:Zebra77Zebra@cloud.example',
}
const NAMES = ['password', 'db_passwd', 'passphrase', 'clientSecret', 'refresh-token', 'credential', 'credentials']
NAMES.push(
  'api-key',
  'API_KEY',
  'apiKey',
  'secret_access_key',
  'private-key',
  'certificate-key',
  'authorization',
  'cookie',
)

for (const [printer, print] of Object.entries(PRINTERS)) {
  t.test(`${printer}: no kind of credential gets through`, async (t) => {
    for (const [kind, text] of Object.entries(SHAPES)) t.notMatch(print(text), /zebra77/i, kind)
    for (const name of NAMES) {
      t.notMatch(print(`${name}=Zebra77Zebra`), /zebra77/i, name)
      t.notMatch(print(`"${name}": "Zebra77Zebra"`), /zebra77/i, name)
    }
  })
  t.test(`${printer}: names of hosts and paths are left alone`, async (t) => {
    for (const text of ['worker.openstackcluster', 'tokenFile: /run/token', 'node-1 is not ready']) {
      if (printer !== 'console') t.match(print(text), text)
    }
  })
}

t.test('a key that speaks of a secret is hidden, whatever stands under it', async (t) => {
  for (const name of NAMES) t.ok(isHiddenKey(name), name)
  for (const name of ['requireToken', 'passwordFile', 'name']) t.notOk(isHiddenKey(name), name)
})
