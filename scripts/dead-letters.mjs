// Dead letters by command line: npm run dead-letters -- list | count | show | raw | edit | discard | replay | replay-all | job …
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { jobLine, jobLines, letterLines, letterRow, printable, runLines, shareLines } from './dead-letter-lines.mjs'
import { callHub, fail, fetchFromHub, readWords, table } from './hub-api.mjs'

const USAGE = `npm run dead-letters -- list  [filter] [--limit 50]
npm run dead-letters -- count [filter]
npm run dead-letters -- show    <subscription> <message> [--payload]
npm run dead-letters -- raw     <subscription> <message> [--to <file>]
npm run dead-letters -- edit    <subscription> <message> --file <corrected.json> | --undo
npm run dead-letters -- discard <subscription> <message> --reason "a test order"
npm run dead-letters -- replay  <subscription> <message> [--from raw [--mapping as-mapped|<version>]] [--without-edit] [--dry-run]
npm run dead-letters -- replay-all [filter] --reason "the ERP is back" [--from raw [--mapping as-mapped]] [--per-second 50]
npm run dead-letters -- job list | show <job> [--watch] | dry-run <job> [--limit 5] | start <job> | stop <job>
filter: --subscription, --channel, --category, --code, --partner, --key, --correlation-id, --since, --before (2026-03-02T08:00:00Z)
--json prints what the API says. Once started, a job runs in the hub, whatever becomes of this command.`

const FILTERS = {
  subscription: 'subscription',
  channel: 'channel',
  category: 'category',
  code: 'code',
  partner: 'partner',
  key: 'key',
  'correlation-id': 'correlationId',
  since: 'since',
  before: 'before',
}
const FLAGS = ['json', 'help', 'payload', 'undo', 'dry-run', 'without-edit', 'watch']
const WATCH_MS = 1000

const { options, rest } = readWords(process.argv.slice(2), FLAGS)
const [verb = 'list', ...words] = rest
const VERBS = { list, count, show, raw, edit, discard, replay, 'replay-all': replayAll, job }
if (options.help || !Object.hasOwn(VERBS, verb)) fail(USAGE)
await VERBS[verb]()

async function list() {
  expect(0)
  const page = await callHub('GET', `/api/v1/dead-letters${query({ ...filter(), limit: options.limit })}`)
  if (options.json) return print(page)
  const headings = ['DIED AT', 'SUBSCRIPTION', 'MESSAGE', 'KEY', 'CATEGORY', 'CODE', 'TRIES', 'NODE', 'WHY']
  write(table(headings, page.items.map(letterRow)))
  if (page.next !== undefined) write('… and more: narrow the filter, or --limit 200')
}

async function count() {
  expect(0)
  const counted = await callHub('GET', `/api/v1/dead-letters/count${query(filter())}`)
  if (options.json) return print(counted)
  write(shareLines(counted))
}

async function show() {
  const letter = await callHub('GET', `${one()}${options.payload ? '?include=payload' : ''}`)
  if (options.json) return print(letter)
  write(letterLines(letter))
}

async function raw() {
  const bytes = await fetchFromHub(`${one()}/raw`)
  if (options.to === undefined) process.stdout.write(bytes)
  else writeFileSync(options.to, bytes, { mode: 0o600 })
}

async function edit() {
  if (options.undo) {
    await callHub('DELETE', `${one()}/payload`)
    return say({ undone: true }, 'the correction is taken back')
  }
  if (options.file === undefined) fail(USAGE)
  const kept = await callHub('PUT', `${one()}/payload`, { payload: jsonIn(options.file) })
  say(kept, `the correction waits for the replay (SHA-256 ${kept.before.slice(0, 12)} → ${kept.after.slice(0, 12)})`)
}

async function discard() {
  if (options.reason === undefined) fail(USAGE)
  say(await callHub('POST', `${one()}/discard`, { reason: options.reason }), 'discarded')
}

async function replay() {
  const how = { ...replayedFrom(), useEdit: !options['without-edit'] }
  if (!options['dry-run']) return say(await callHub('POST', `${one()}/replay`, how), 'it is being worked on again')
  const { runs } = await callHub('POST', `${one()}/dry-run`, how)
  if (options.json) return print({ runs })
  write(runLines(runs))
}

function replayedFrom() {
  return { from: options.from ?? 'step', ...(options.mapping !== undefined && { mapping: options.mapping }) }
}

async function replayAll() {
  expect(0)
  if (options.reason === undefined) fail(USAGE)
  const wish = { filter: filter(), ...replayedFrom(), reason: options.reason }
  if (options['per-second'] !== undefined) wish.perSecond = Number(options['per-second'])
  const prepared = await callHub('POST', '/api/v1/replays', wish)
  if (options.json) return print(prepared)
  write(shareLines(prepared))
  write(`\nprepared as ${prepared.jobId}: nothing is put to work yet`)
  write(`npm run dead-letters -- job dry-run ${prepared.jobId}`)
  write(`npm run dead-letters -- job start ${prepared.jobId}`)
}

async function job() {
  const [action = 'list', jobId, ...more] = words
  if (action === 'list' && jobId === undefined) return jobs()
  if (jobId === undefined || more.length > 0) fail(USAGE)
  const path = `/api/v1/replays/${encodeURIComponent(jobId)}`
  if (action === 'show') return options.watch ? watch(path) : tell(await callHub('GET', path))
  if (action === 'start' || action === 'resume') return tell(await callHub('POST', `${path}/start`))
  if (action === 'stop') return tell(await callHub('POST', `${path}/stop`))
  if (action === 'dry-run') return dryRun(path)
  fail(USAGE)
}

async function jobs() {
  const page = await callHub('GET', `/api/v1/replays${query({ limit: options.limit ?? 200 })}`)
  if (options.json) return print(page)
  const headings = ['JOB', 'STATE', 'FROM', 'DONE', 'OF', 'BY', 'REASON']
  const row = (one) => [one.jobId, one.state, one.from, one.handled, one.total, one.createdBy, one.reason]
  write(table(headings, page.items.map(row)))
}

async function watch(path) {
  for (;;) {
    const current = await callHub('GET', path)
    write(jobLine(current))
    if (current.state !== 'running') return
    await pause(WATCH_MS)
  }
}

async function dryRun(path) {
  const wish = options.limit === undefined ? {} : { limit: Number(options.limit) }
  const answer = await callHub('POST', `${path}/dry-run`, wish)
  if (options.json) return print(answer)
  for (const { subscription, messageId, runs, problem } of answer.items)
    write(`${subscription} ${messageId}\n${problem ? `  ${problem.code}: ${problem.detail}` : runLines(runs)}\n`)
}

function tell(current) {
  if (options.json) return print(current)
  write(jobLines(current))
}

/** The address of the dead letter that the words name. */
function one() {
  expect(2)
  return `/api/v1/dead-letters/${words.map(encodeURIComponent).join('/')}`
}

function expect(count) {
  if (words.length !== count) fail(USAGE)
}

function filter() {
  const given = Object.entries(FILTERS).filter(([option]) => options[option] !== undefined)
  return Object.fromEntries(given.map(([option, name]) => [name, options[option]]))
}

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function jsonIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    return fail(`${file}: ${error.message}`)
  }
}

function say(answer, line) {
  if (options.json) print(answer)
  else write(line)
}

function write(text) {
  console.log(printable(text))
}

function print(answer) {
  console.log(JSON.stringify(answer))
}
