import assert from 'node:assert/strict'
import type { Json } from '../../engine/json.ts'
import { waysOf } from '../../engine/partner/auth/names.ts'
import { mappingsOf, samplesOf } from '../../engine/mapping/catalogue.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { type PollBench, pollBench } from '../support/poll-bench.ts'
import { json, type ScriptedServer, type Step, scriptedServer, text } from '../support/scripted-server.ts'
import { sample, sampleParameters, sampleText, templateFolders, templateIn } from '../support/templates.ts'
import { readSample } from '../support/goldens.ts'
import { order } from '../support/canonical.ts'
import type { Order } from '../../engine/canonical/types.ts'

const XML = { 'content-type': 'text/xml' }

/** What the server of a template gives when it is asked: all that its `polled.*` samples are items of, the one kind or the other. */
const ANSWERS: Record<string, (profile: Profile) => { steps: Step[]; items: Json[] }> = {
  optimoroute: feedOf((events) => ({ success: true, events, tag: 'fict-tag-1042', remainingEvents: 0 })),
  'ups-track': whole('track.response.json', 4),
  'australia-post': whole('track.response.json', 1),
  gls: whole('track.response.json', 1),
  'canada-post': whole('track.response.xml', 1),
  dpd: whole('track.returning.response.xml', 5, 'login.response.xml'),
  'generic-polling': whole('track.response.json', 2),
  'generic-soap': whole('track.response.xml', 2),
  geotab: (profile) => {
    const { steps, items } = feedOf((all) => ({ jsonrpc: '2.0', result: { data: dataOf(all), toVersion: '00abd' } }))(
      profile,
    )
    const log = answer(profile, 'authenticate.response.json')
    return { steps: [log, ...steps], items: [{ result: { data: dataOf(items) } }] }
  },
  'd365-finance-operations': feedOf((all) => ({ value: (all as { value: Json[] }[]).flatMap(({ value }) => value) })),
  'oracle-fusion': feedOf((items) => ({ items, hasMore: false, count: items.length, limit: 25, offset: 0 })),
  odoo: feedOf((items) => items),
  erpnext: feedOf((data) => ({ data })),
  tryton: (profile) => {
    const { steps, items } = feedOf((result) => ({ id: 1, result }))(profile)
    return { steps: [answer(profile, 'login.response.json'), ...steps], items }
  },
  'extensiv-3plwm': feedOf((all) => ({ _embedded: { 'http://api.3plCentral.com/rels/orders/order': all } })),
}

for (const folder of templateFolders()) {
  const profile = templateIn(folder)
  if (!profile.polling) continue
  describe(`${profile.id} is polled on the wire`, () => {
    let server: ScriptedServer
    let bench: PollBench
    before(async () => {
      server = await scriptedServer()
      bench = await pollBench(server.url)
    })
    after(async () => {
      await bench.close()
      await server.close()
    })

    it('gives what is new once, as its samples show it, and knows where to go on', async () => {
      const made = ANSWERS[profile.id]
      assert.ok(made, 'this suite knows how the partner answers')
      const { steps, items } = made(profile)
      const active = profile.polling?.active
      if (active) await underWay(bench, profile)
      const ask = async () => {
        const polled = await bench.poll(profile, accountOf(profile, server.url))
        bench.clock.advance(40 * 60 * 60 * 1000)
        return polled
      }
      server.script(...steps)
      const first = await ask()
      assert.equal(first.stored, items.length)
      const stored = (await bench.taken()).map(({ message }) => message)
      if (items.some((item) => item !== null))
        assert.deepEqual(
          stored.map(({ payload }) => payload),
          items,
        )
      assert.ok(stored.every(({ headers }) => headers['cartage-unusable'] === undefined))
      server.script(...steps)
      assert.equal((await ask()).stored, 0, 'nothing is given again')
      assert.doesNotMatch(server.seen.map(({ path }) => path).join(), /undefined|\{/)
    })
  })
}

/** The samples of what is polled are the items of one answer. */
function feedOf(body: (items: Json[]) => unknown) {
  return (profile: Profile): { steps: Step[]; items: Json[] } => {
    const ref = mappingsOf(profile).find(({ role }) => role === 'poll')!
    const items = samplesOf(profile, ref).map(({ input }) => readSample(profile, input, 'json'))
    return { steps: [token(profile), json(200, body(items))].flat(), items }
  }
}

/** The answer of an operation about one shipment, and how many items are in it. */
function whole(file: string, count: number, login?: string) {
  return (profile: Profile): { steps: Step[]; items: Json[] } => {
    const before = login === undefined ? [] : [answer(profile, login)]
    return { steps: [token(profile), before, answer(profile, file)].flat(), items: Array(count).fill(null) }
  }
}

function answer(profile: Profile, file: string): Step {
  const content = sampleText(profile, file).toString('utf8')
  return file.endsWith('.xml') ? text(200, content, XML) : text(200, content, { 'content-type': 'application/json' })
}

function token({ auth }: Profile): Step[] {
  return 'tokenUrl' in auth ? [json(200, { access_token: 'fict', token_type: 'Bearer', expires_in: 1 })] : []
}

function dataOf(pages: Json[]): Json[] {
  return (pages as { result: { data: Json[] } }[]).flatMap(({ result }) => result.data)
}

function accountOf(profile: Profile, url: string) {
  const invented = (named: { name: string }[]) => Object.fromEntries(named.map(({ name }) => [name, `fict-${name}`]))
  const parameters = {
    ...invented(profile.parameters.filter(({ name }) => name !== 'timeZone')),
    ...sampleParameters(profile),
  }
  // Certificates that a partner can do without are left out.
  const certificates = waysOf(profile.auth).flatMap(({ way }) => Object.values(way.mtls ?? {}))
  const credentials = profile.credentials.filter(({ name }) => !certificates.includes(name))
  return { credentials: invented(credentials), parameters, tokenUrl: `${url}/token` }
}

/** A shipment that is booked with the partner, under the number of its sample. */
async function underWay(bench: PollBench, profile: Profile): Promise<void> {
  const file = `${profile.polling!.operation}.input.json`
  const shown = sample(profile, file)
  const booking = (shown.shipments?.[0] ?? shown).booking
  const { shipment } = await bench.lifecycle.create(order() as Order, { correlationId: 'cor-1' })
  const bookedAt = new Date(bench.clock.now()).toISOString()
  await bench.lifecycle.recordBooking(shipment.shipmentId, { ...booking, partner: profile.id, bookedAt })
  await bench.rosterOf(profile).noteAll(() => true)
  bench.clock.advance(40 * 60 * 60 * 1000)
}
