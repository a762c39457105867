import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('an account in our own network, where private addresses are not allowed to all', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    const { CARTAGE_TEST_COURIER_URL: _fromTheNode, ...env } = partners.env
    return { ...env, CARTAGE_PRIVATE_ADDRESSES: 'off' }
  })
  after(() => partners.close())
  const ask = async (fields: Record<string, unknown>) => {
    await bench.deploy(
      partner('test-courier', fields),
      source('ask'),
      node('ask', 'provider-connector', [['answer'], ['answer'], []], {
        partner: account('test-courier'),
        operation: 'depot',
      }),
      ...[probe('answer'), catchAll('caught'), probe('caught')],
    )
    await bench.publish({})
  }

  it('is not called', async () => {
    await ask({ baseUrl: partners.url })
    assert.match((await bench.arrived('caught')).error.message, /http: is not allowed/)
    assert.equal(partners.seen.length, 0)
  })

  it('is called once its partner node allows it', async () => {
    await ask({ baseUrl: partners.url, privateAddresses: true })
    await bench.arrived('answer')
    assert.equal(partners.seen.length, 1)
  })

  for (const address of ['http://169.254.169.254/latest', 'http://[fd00:ec2::254]/latest', 'http://100.100.100.200/'])
    it(`is not called at ${address} even then`, async () => {
      await ask({ baseUrl: address, privateAddresses: true })
      assert.match((await bench.arrived('caught')).error.message, /may not be called/)
    })
})
