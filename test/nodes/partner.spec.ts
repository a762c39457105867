import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

/** As people write an environment variable into a field. */
const variable = (name: string) => `\${${name}}`

describe('partner', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    const { CARTAGE_TEST_COURIER_URL: _fromTheNode, ...env } = partners.env
    return { ...env, SANDBOX: partners.url, DEPOT: 'D-9' }
  })
  after(() => partners.close())

  const ask = (operation: string) =>
    node('ask', 'provider-connector', [['answer'], ['refused'], []], { partner: account('test-courier'), operation })
  const flow = (fields: Record<string, unknown>) => [
    partner('test-courier', fields),
    source('ask'),
    ask('depot'),
    probe('answer'),
    probe('refused'),
    catchAll('caught'),
    probe('caught'),
  ]
  const path = () => partners.seen.at(-1)?.path

  it('takes address and parameters from its fields, with names from the environment', async () => {
    await bench.deploy(...flow({ baseUrl: variable('SANDBOX'), parameters: `{"depot": "${variable('DEPOT')}"}` }))
    await bench.publish({})
    await bench.settled()
    assert.equal(path(), '/depots/D-9')
  })

  it("uses the template's parameter where the field is empty", async () => {
    await bench.deploy(...flow({ baseUrl: variable('SANDBOX') }))
    await bench.publish({})
    await bench.settled()
    assert.equal(path(), '/depots/D-0')
  })

  for (const [what, fields, line] of [
    ['a template that is not there', { template: 'nobody' }, /"nobody"/],
    ['parameters that are no JSON', { parameters: '{depot' }, /JSON/],
    ['parameters that are no object', { parameters: '[1]' }, /JSON object/],
  ] as const)
    it(`shows an error for ${what}, and whoever uses it says so`, async () => {
      const before = bench.hub.errors.length
      await bench.deploy(...flow({ baseUrl: variable('SANDBOX'), ...fields }))
      assert.match(bench.hub.errors.slice(before).join('\n'), line)
      await bench.publish({})
      const caught = await bench.arrived('caught')
      assert.match(caught.error.message, /not deployed or not usable/)
      assert.equal(bench.status('ask')?.fill, 'red')
    })

  it('is gone for messages that name it once it is removed', async () => {
    const byName = node('ask', 'provider-connector', [['answer'], [], []], { partner: '', operation: 'depot' })
    const setProvider = node('set', 'function', [['ask']], {
      func: 'msg.provider = "test-courier"; return msg',
      outputs: 1,
    })
    const rest = [source('set'), setProvider, byName, probe('answer'), catchAll('caught'), probe('caught')]
    await bench.deploy(partner('test-courier', { baseUrl: variable('SANDBOX') }), ...rest)
    partners.serve('/depots/D-0', Buffer.from('{"name":"north"}'), 'application/json')
    await bench.publish({})
    assert.deepEqual((await bench.arrived('answer')).answer, { name: 'north' })
    await bench.deploy(...rest)
    await bench.publish({})
    assert.match((await bench.arrived('caught')).error.message, /no partner node for test-courier/)
  })
})
