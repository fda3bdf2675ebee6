import t from 'tap'
import { Container } from '../../../src/cloudprovider/docker/schema.ts'
import { asideName, endpointOf, furtherNetworks, settingsOf } from '../../../src/cloudprovider/docker/settings.ts'
import type { Order } from '../../../src/core/model/order.ts'

const ID = 'f'.repeat(64)

function container(more: { Config?: object; HostConfig?: object; Networks?: object }): Container {
  return Container.parse({
    Id: ID,
    Name: '/machine',
    Image: 'sha256:1',
    State: { Status: 'exited' },
    Config: { Image: 'busybox', Labels: { a: '1' }, ...more.Config },
    HostConfig: { ...more.HostConfig },
    NetworkSettings: { Networks: more.Networks ?? {} },
  })
}

t.test('binds go along, volumes that nobody named stay behind and are made anew', async (t) => {
  const Binds = ['/a:/b:ro', 'named:/kept', `${'0a'.repeat(32)}:/var:z`]
  t.match(settingsOf(container({ HostConfig: { Binds }, Config: { Volumes: { '/lib': {} } } }), 'image'), {
    Image: 'image',
    Labels: { a: '1', 'dev.heald.replaces': ID },
    HostConfig: { Binds: ['/a:/b:ro', 'named:/kept'] },
    Volumes: { '/lib': {}, '/var': {} },
  })
})

t.test('settings that heald does not know go along untouched', async (t) => {
  const settings = settingsOf(container({ Config: { Novel: [1] }, HostConfig: { Tomorrow: { x: 1 } } }), 'image')
  t.match(settings, { Novel: [1], HostConfig: { Tomorrow: { x: 1 } } })
})

t.test('the first network is the one that the mode names, by name or by id; the others follow in order', async (t) => {
  const Networks = { zoo: { NetworkID: 'n1' }, kind: { NetworkID: 'n2', Aliases: ['me', 'f'.repeat(12)] }, ant: {} }
  for (const NetworkMode of ['kind', 'n2']) {
    const old = container({ HostConfig: { NetworkMode }, Networks })
    t.match(settingsOf(old, 'i'), { NetworkingConfig: { EndpointsConfig: { [NetworkMode]: { Aliases: ['me'] } } } })
    t.same(furtherNetworks(old), ['ant', 'zoo'])
  }
  t.match(endpointOf(container({ Networks }), 'kind'), { Aliases: ['me'] })
})

t.test(
  'the default bridge takes no endpoint settings, and a network that was cut off is asked for again',
  async (t) => {
    const plain = container({ HostConfig: { NetworkMode: 'default' }, Networks: { bridge: {} } })
    t.match(settingsOf(plain, 'i'), { NetworkingConfig: { EndpointsConfig: {} } })
    t.same(furtherNetworks(plain), [])
    const cut = container({ HostConfig: { NetworkMode: 'kind' }, Networks: {} })
    t.match(settingsOf(cut, 'i'), { HostConfig: { NetworkMode: 'kind' } })
  },
)

t.test('the aside name is the same for each repeat of an attempt, and another for the next attempt', async (t) => {
  const nameOf = (key: string) => asideName({ instance: { id: ID, name: 'machine' }, key } as Order)
  t.match(nameOf('r/1'), /^machine-heald-[0-9a-f]{8}$/)
  t.equal(nameOf('r/1'), nameOf('r/1'))
  t.not(nameOf('r/1'), nameOf('r/2'))
})
