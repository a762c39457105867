// Partners by command line, without a browser; `npm run partner -- --help` says how.
import { callHub, fail, readWords } from './hub-api.mjs'
import { inbox } from './partner-inbox.mjs'
import { printList, printState } from './partner-lines.mjs'
import { deploy, make, takeAway } from './partner-new.mjs'
import { test } from './partner-test.mjs'
import { upgrade } from './partner-upgrade.mjs'

const USAGE = `npm run partner -- list                          how each partner does
npm run partner -- templates                     what a partner can be made from
npm run partner -- new                           makes a partner from a template; asks for what it is not told:
    --template <slug> --label <name> [--slug <slug>] [--environment test|production] [--url <address>] [--way <way to log in>]
    [--parameter <name>=<value>]… [--credential <name>=@<file>|env:<NAME>]… [--webhook-secret generate|@<file>|env:<NAME>]
    [--rate <calls a second>] [--service-levels same_day,express] [--cut-off 16:00] [--zone Europe/Berlin]
    [--codes <file.json>] [--answers <file.json>] [--no-deploy]
npm run partner -- deploy <partner>                      one that was made with --no-deploy; takes what makes an account
npm run partner -- test <partner> [--target account]     the checklist of going live; ends with 1 when something is in the way
npm run partner -- live  <partner> [--reason <why>]      lets it go; tested comes before
npm run partner -- tested <partner> [--reason <why>]     after a test without a failure of what must pass
npm run partner -- draft <partner> --reason <why>        nothing new is booked there any more
npm run partner -- upgrade <partner> [--take <path>=theirs|yours|merged|@<file>]… [--apply] [--undo]
npm run partner -- remove <partner>                      a draft that nobody has used
npm run partner -- pause  <partner> --reason "their system is being upgraded"
npm run partner -- drain  <partner> --reason "the contract ends"
npm run partner -- resume <partner> --reason "done"
npm run partner -- inbox [<partner>]             codes that nobody has mapped
npm run partner -- inbox map <id> --type delivery.completed --reason "new in their API" [--lookup <code>]
                         [--why recipient.absent] [--variant neighbour] [--attempt new|same|<number>] [--label <text>]
npm run partner -- inbox ignore <id> --label "of the account" --reason "no news of a shipment" [--lookup <code>]
npm run partner -- inbox show|rerun|leave <id>
--json prints what the API says.`

const FLAGS = ['json', 'help', 'no-deploy', 'apply', 'undo']
const REPEATED = ['parameter', 'credential', 'take']

const { options, rest } = readWords(process.argv.slice(2), FLAGS, REPEATED)
const [verb = 'list', ...words] = rest
const verbs = {
  ...{ list, templates, inbox, upgrade, test, deploy, new: make, remove: takeAway },
  ...{ pause: hold, drain: hold, resume: hold, draft: step, tested: step, live: step },
}
if (options.help) console.log(USAGE)
else if (!Object.hasOwn(verbs, verb)) fail(USAGE)
else await verbs[verb]({ options, words, verb, usage: USAGE })

async function list({ usage }) {
  if (words.length > 0) fail(usage)
  const { items } = await callHub('GET', '/api/v1/partners')
  printList(items, options)
}

async function templates({ usage }) {
  if (words.length > 0) fail(usage)
  const { items } = await callHub('GET', '/api/v1/partner-templates')
  if (options.json) return console.log(JSON.stringify({ items }))
  for (const { template, label, kind, style } of items)
    console.log(`${template.padEnd(26)} ${kind.padEnd(11)} ${style.padEnd(14)} ${label}`)
}

async function hold({ usage }) {
  if (words.length !== 1 || options.reason === undefined) fail(usage)
  printState(await callHub('POST', `${pathOf(words[0])}/${verb}`, { reason: options.reason }), options)
}

async function step({ usage }) {
  if (words.length !== 1 || (verb === 'draft' && options.reason === undefined)) fail(usage)
  const told = options.reason === undefined ? {} : { why: options.reason }
  const { status, history } = await callHub('POST', `${pathOf(words[0])}/status`, { to: verb, ...told })
  if (options.json) return console.log(JSON.stringify({ status, history }))
  const { by, at } = history.at(-1) ?? {}
  console.log(`${words[0]} is ${status}${by ? `, by ${by} at ${new Date(at).toISOString()}` : ''}`)
}

function pathOf(partner) {
  return `/api/v1/partners/${encodeURIComponent(partner)}`
}
