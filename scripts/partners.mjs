// Partners by command line: npm run partners -- list | pause|resume|drain <partner> --reason <why> | inbox … [--json]
import { callHub, fail, readWords, table } from './hub-api.mjs'
import { inbox } from './partner-inbox.mjs'
import { test } from './partner-test.mjs'

const USAGE = `npm run partners -- list
npm run partners -- pause  <partner> --reason "their system is being upgraded"
npm run partners -- drain  <partner> --reason "the contract ends"
npm run partners -- resume <partner> --reason "done"
npm run partners -- test <partner> [--target account]   the checklist of going live; ends with 1 when something stands in the way
npm run partners -- inbox [<partner>]            codes that nobody has mapped
npm run partners -- inbox map <id> --type delivery.completed --reason "new in their API" [--lookup <code>]
                          [--why recipient.absent] [--variant neighbour] [--attempt new|same|<number>] [--label <text>]
npm run partners -- inbox ignore <id> --label "of the account" --reason "no news of a shipment" [--lookup <code>]
npm run partners -- inbox show|rerun|leave <id>
--json prints what the API says.`

const { options, rest } = readWords(process.argv.slice(2), ['json', 'help'])
if (rest[0] === 'inbox' && !options.help) {
  await inbox({ options, words: rest.slice(1), usage: USAGE })
  process.exit()
}
if (rest[0] === 'test' && !options.help) {
  await test({ options, words: rest.slice(1), usage: USAGE })
  process.exit()
}
const [verb = 'list', partner, ...more] = rest
if (options.help || more.length > 0 || !['list', 'pause', 'resume', 'drain'].includes(verb)) fail(USAGE)

if (verb === 'list') {
  const { items } = await callHub('GET', '/api/v1/partners')
  show(items, { items })
} else {
  if (partner === undefined || options.reason === undefined) fail(USAGE)
  const path = `/api/v1/partners/${encodeURIComponent(partner)}/${verb}`
  const state = await callHub('POST', path, { reason: options.reason })
  show([state], state)
}

function show(partners, whole) {
  if (options.json) return console.log(JSON.stringify(whole))
  const headings = ['PARTNER', 'STATE', 'WAITING', 'UNDER WAY', 'BREAKER', 'SINCE', 'BY', 'REASON']
  console.log(table(headings, partners.map(row)))
}

function row({ partner, state, backlog, breaker, since, by, reason, drainedAt }) {
  const shown = drainedAt ? `drained at ${drainedAt}` : state
  return [partner, shown, backlog.waiting, backlog.leased, breaker?.state ?? '', since ?? '', by ?? '', reason ?? '']
}
