import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SENT_KIND, type SentInterchange } from '../../engine/edi/outgoing.ts'
import { answerTo } from '../../engine/formats/edi/acknowledge.ts'
import { examine } from '../../engine/formats/edi/examine.ts'
import { encode } from '../../engine/formats/index.ts'
import { partnerTab } from '../../nodes/cartage/partner-tab.ts'
import { eventually } from '../support/eventually.ts'
import { storedOn } from '../support/file-intake.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { temporaryFolder } from '../support/temp.ts'
import { sample, sampleParameters, sampleText, templateOf, templatesFolder } from '../support/templates.ts'

const SLUGS = ['x12-carrier', 'x12-warehouse', 'edifact-transport', 'epcis', 'generic-file', 'cod-remittance']
const WATCHED = [
  ...['partners.x12-carrier.status', 'partners.edifact-transport.status', 'partners.edifact-transport.despatchNotice'],
  ...['files.generic-file.status', 'files.epcis.documents'],
]

/** The shipped templates as partners whose files lie in a folder, each on the tab that an analyst gets. */
describe('templates that travel as files, on the hub', function () {
  this.timeout(60_000)
  const folder = temporaryFolder()
  const profiles = new Map(SLUGS.map((slug) => [slug, templateOf(slug)]))
  const profile = (slug: string) => profiles.get(slug) ?? assert.fail(slug)
  let hub: RunningHub

  before(async () => {
    const templates = join(folder.path, 'templates')
    for (const { folder: shipped } of profiles.values()) {
      const copy = join(templates, basename(dirname(shipped)), basename(shipped))
      cpSync(shipped, copy, { recursive: true })
      // A draft is sent nothing that begins something.
      const manifest = join(copy, 'manifest.json')
      writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"status": "draft"', '"status": "tested"'))
    }
    hub = await startHub({ CARTAGE_TEMPLATES: templates, CARTAGE_FILES: join(folder.path, 'files') })
    // Whoever subscribes later sees only what comes later.
    for (const channel of WATCHED) await storedOn(hub.runtime.hub.store, channel)
    const tabs = [...profiles.values()].flatMap((one) => {
      const { nodes } = partnerTab(
        one,
        { parameters: sampleParameters(one) },
        { pieces: join(templatesFolder, 'flows') },
      )
      return nodes.map((node) => (node.type === 'file-in' ? { ...node, everySeconds: 0.05 } : node))
    })
    await hub.deploy(tabs)
  })
  after(async () => {
    await hub?.stop()
    folder.remove()
  })

  const place = (slug: string, path: string) => join(folder.path, 'files', slug, path)
  const found = (slug: string, path: string) => {
    mkdirSync(place(slug, path), { recursive: true })
    return readdirSync(place(slug, path)).filter((name) => !name.startsWith('.'))
  }
  function leave(slug: string, name: string, content: string | Uint8Array = sampleText(profile(slug), name)) {
    mkdirSync(place(slug, 'in'), { recursive: true })
    writeFileSync(place(slug, `in/${name}`), content)
  }
  /** Waits for a file that the hub leaves, and reads it. */
  const written = (slug: string, start: string) =>
    eventually(() => {
      const name = found(slug, 'out').find((one) => one.startsWith(start))
      return name && readFileSync(place(slug, `out/${name}`))
    }, 10_000)
  const putAway = (slug: string, name: string, where = 'done') =>
    eventually(() => found(slug, `in/${where}`).includes(name), 10_000)
  async function passed(channel: string, count: number) {
    const messages: Awaited<ReturnType<typeof storedOn>> = []
    await eventually(async () => {
      messages.push(...(await storedOn(hub.runtime.hub.store, channel)))
      assert.equal(messages.length, count, channel)
      return true
    }, 10_000)
    return messages
  }
  const publish = (channel: string, payload: object, id: string) =>
    hub.runtime.hub.publish([
      { id, channel, key: 'SO-10042', payload: payload as never, headers: {}, correlationId: id },
    ])
  const sent = async (slug: string) =>
    (await hub.runtime.hub.store.documents.page<SentInterchange>(SENT_KIND, { limit: 100 })).items
      .map(({ body }) => body)
      .filter(({ partner }) => partner === slug)

  it('X12: statuses come in set by set and are acknowledged, freight bills too', async () => {
    leave('x12-carrier', 'status.progress.edi')
    const sets = examine('x12', sampleText(profile('x12-carrier'), 'status.progress.edi')).messages.length
    await passed('partners.x12-carrier.status', sets)
    const { kind, content } = examine('x12', await written('x12-carrier', 'ack-')).messages[0]!
    assert.equal(kind, '997')
    assert.match(JSON.stringify(content), /"AK901":"A"/)
    await putAway('x12-carrier', 'status.progress.edi')
    leave('x12-carrier', 'freightInvoice.fuel.edi')
    await passed('partners.x12-carrier.freightInvoice.mapped', 2)
  })

  it('X12: a tender goes out with a number of its own, and its 997 ends the waiting for it', async () => {
    await publish('partners.x12-carrier.tender', sample(profile('x12-carrier'), 'tender.load.input.json'), 't1')
    const tender = await written('x12-carrier', 'tender-SO-10042')
    const shipped = encode('x12', examine('x12', tender).messages[0]!.content)
    const withoutNumbers = (text: string) => text.replaceAll(/\*0*\d+(?=\*0\*T|\*X\*004010|~\nIEA|~\n$)/g, '')
    assert.equal(
      withoutNumbers(`${shipped}`),
      withoutNumbers(`${sampleText(profile('x12-carrier'), 'tender.load.edi')}`),
    )
    const acknowledgement = answerTo(examine('x12', tender), Date.now())!.reply
    leave('x12-carrier', 'their-997.edi', acknowledgement)
    await eventually(async () => (await sent('x12-carrier')).some(({ state, timer }) => timer && state === 'accepted'))
    await putAway('x12-carrier', 'their-997.edi')
  })

  it('X12: warehouse orders go out, and what was shipped comes back', async () => {
    const template = profile('x12-warehouse')
    await publish('partners.x12-warehouse.shippingOrder', sample(template, 'shippingOrder.new.input.json'), 'w1')
    assert.equal(examine('x12', await written('x12-warehouse', 'order-')).messages[0]?.kind, '940')
    leave('x12-warehouse', 'shippingAdvice.short.edi')
    await passed('partners.x12-warehouse.shippingAdvice.mapped', 1)
    leave('x12-warehouse', 'shipNotice.two_cartons.edi')
    await passed('partners.x12-warehouse.shipNotice.mapped', 1)
  })

  it('EDIFACT: instructions go out, statuses come in and are answered by CONTRL, and a broken message is refused', async () => {
    const template = profile('edifact-transport')
    await publish(
      'partners.edifact-transport.instruction',
      sample(template, 'instruction.two_cartons.input.json'),
      'e1',
    )
    assert.equal(examine('edifact', await written('edifact-transport', 'instruction-')).messages[0]?.kind, 'IFTMIN')
    leave('edifact-transport', 'status.two.edi')
    await passed('partners.edifact-transport.status', 1)
    const reply = examine('edifact', await written('edifact-transport', 'ack-')).messages[0]!
    assert.match(JSON.stringify(reply.content), /"UCI0401":"7"/)
    const before = found('edifact-transport', 'out').length
    leave('edifact-transport', 'cut.edi', sampleText(template, 'refused.despatchNotice.cut_short.edi'))
    await eventually(() => found('edifact-transport', 'out').length > before, 10_000)
    await passed('partners.edifact-transport.despatchNotice', 0)
  })

  it('CSV: statuses of any courier become events, and a booking is a file', async () => {
    leave('generic-file', 'status.day.csv')
    await passed('files.generic-file.status', 3)
    await publish(
      'partners.generic-file.booking',
      sample(profile('generic-file'), 'booking.two_parcels.input.json'),
      'g1',
    )
    assert.deepEqual(
      `${await written('generic-file', 'booking-SO-10042')}`,
      `${sampleText(profile('generic-file'), 'booking.two_parcels.csv')}`,
    )
  })

  it('JSON: documents of events are taken in as they come', async () => {
    leave('epcis', 'document.shipping.json')
    await putAway('epcis', 'document.shipping.json')
    await passed('files.epcis.documents', 1)
  })

  it('a settlement is taken whole, or not at all when its sums do not agree', async () => {
    const good = `${sampleText(profile('cod-remittance'), 'remittance.cod.csv')}`
    leave('cod-remittance', 'day.csv', good)
    await eventually(
      async () => (await storedOn(hub.runtime.hub.store, 'partners.cod-remittance.remittance')).length > 0,
      10_000,
    )
    leave(
      'cod-remittance',
      'wrong.csv',
      good.replace(
        /^(TOTAL;.*?)(\d)(,\d\d;)/m,
        (_all, head, digit, rest) => `${head}${(Number(digit) + 1) % 10}${rest}`,
      ),
    )
    await putAway('cod-remittance', 'wrong.csv', 'failed')
    const report = found('cod-remittance', 'in/failed').find((name) => name.endsWith('.rejected.csv'))
    assert.match(readFileSync(place('cod-remittance', `in/failed/${report}`), 'utf8'), /TOTAL does not agree/)
  })
})
