// How dead letters, dry runs and replays look on a terminal.
import { table } from './hub-api.mjs'

const LONGEST_REASON = 60

/** Without control characters: what a stranger sent must not command the terminal that it is shown on. */
export function printable(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
}

export function letterRow({ lastAt, subscription, messageId, key, attempts, failure }) {
  const node = failure.nodeName || failure.nodeType || ''
  return [lastAt, subscription, messageId, key, failure.category, failure.code, attempts, node, short(failure.message)]
}

export function shareLines({ total, shares }) {
  const counted = shares.reduce((sum, { count }) => sum + count, 0)
  const rows = shares.map(({ count, subscription, category, code }) => [count, subscription, category, code])
  if (counted < total) rows.push([total - counted, 'others', '', ''])
  return `${total} dead letters${rows.length === 0 ? '' : `\n${table(['COUNT', 'SUBSCRIPTION', 'CATEGORY', 'CODE'], rows)}`}`
}

export function letterLines(letter) {
  const { failure, chain, effects, edit, superseded } = letter
  const lines = [
    ['message', `${letter.messageId} on ${letter.channel}, dead in ${letter.subscription}`],
    ['about', `${letter.key}${letter.partner ? `, ${letter.partner}` : ''} (correlation ${letter.correlationId})`],
    ['failure', `${failure.category} ${failure.code}: ${failure.message}`],
    ...failure.causes.map((cause) => ['because', cause]),
    ...(failure.issues ?? []).map((issue) => ['field', issueLine(issue)]),
    ['node', placeOf(failure)],
    ['attempts', `${letter.attempts}, first ${letter.firstAt}, last ${letter.lastAt}`],
    ...chain.slice(1).map((link) => ['led to by', linkLine(link)]),
    ['raw bytes', letter.originGone ? 'what came in first is no longer kept' : rawLine(chain)],
    ...effects.map((effect) => ['effect', effectLine(effect)]),
    ...(edit ? [['correction', `by ${edit.by} at ${edit.at}, waits for the replay`]] : []),
    ...(superseded
      ? [['superseded', `by ${superseded.by} at ${superseded.at}: ${superseded.originId} was put to work again`]]
      : []),
  ]
  const text = lines.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n')
  const payloads = [
    ...('payload' in letter ? [`payload\n${JSON.stringify(letter.payload, null, 2)}`] : []),
    ...(edit && 'payload' in edit ? [`corrected payload\n${JSON.stringify(edit.payload, null, 2)}`] : []),
  ]
  return [text, ...payloads].join('\n')
}

function issueLine({ field, message, item, value, from = [] }) {
  const which = item === undefined ? '' : `[${item}] `
  const told = (name, held) => (held === undefined ? name : `${name} = ${JSON.stringify(held)}`)
  const sources = from.map((one) => told(one.path, one.value)).join(', ')
  return `${which}${told(field, value)}: ${message}${sources === '' ? '' : ` (from ${sources})`}`
}

const OUTCOMES = {
  settled: 'would settle',
  undecided: 'what comes then depends on what was not done',
  failed: 'would fail',
  buried: 'would be a dead letter again',
  redeployed: 'was redeployed meanwhile: try again',
  'not-deployed': 'no flow here takes it',
}

/** One line for each thing that a flow would do. */
export function runLines(runs) {
  return runs
    .map(({ subscription, messageId, outcome, failure, notes }) =>
      [
        `  ${subscription} (${messageId})`,
        ...notes.map(
          ({ node, action, details }) => `    ${(node.name || node.type).padEnd(24)} ${noteLine(action, details)}`,
        ),
        `    → ${OUTCOMES[outcome]}${failure ? `: ${failure.code} ${short(failure.message)}` : ''}`,
      ].join('\n'),
    )
    .join('\n')
}

export function jobLines(job) {
  const lines = [
    ['job', job.jobId],
    ['state', `${job.state}${job.expectedEndAt ? `, through at about ${job.expectedEndAt}` : ''}`],
    [
      'about',
      Object.entries(job.filter)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['how', `from the ${job.from === 'raw' ? 'raw message' : 'step'}, ${job.perSecond} a second`],
    ['reason', job.reason],
    ['prepared', `by ${job.createdBy} at ${job.createdAt}`],
    ...(job.startedBy ? [['started', `by ${job.startedBy} at ${job.startedAt}`]] : []),
    ...(job.stoppedBy ? [['stopped', `by ${job.stoppedBy}`]] : []),
    ...(job.endedAt ? [['ended', job.endedAt]] : []),
    ['progress', progressOf(job)],
    ...job.failures.map(({ subscription, messageId, code, message }) => [
      'failed',
      `${subscription} ${messageId}: ${code} ${message}`,
    ]),
  ]
  return lines.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n')
}

export function jobLine(job) {
  return `${job.state}: ${progressOf(job)}${job.expectedEndAt ? `, through at about ${job.expectedEndAt}` : ''}`
}

function progressOf({ handled, total, done, gone, superseded, failed }) {
  const share = total === 0 ? 100 : Math.floor((handled / total) * 100)
  const rest = Object.entries({ gone, superseded, failed }).filter(([, count]) => count > 0)
  const others = rest.map(([name, count]) => `, ${count} ${name}`).join('')
  return `${handled} of ${total} (${share} %): ${done} put to work${others}`
}

function placeOf({ nodeName, nodeType, nodeId, flowName, flow, flowVersion }) {
  if (!nodeType && !flow) return 'not known'
  const node = nodeType ? `${nodeName || nodeType} (${nodeType} ${nodeId})` : 'no node'
  return `${node} in ${flowName ?? flow}${flowVersion ? `, version ${flowVersion}` : ''}`
}

function linkLine({ messageId, channel, acceptedAt, partner }) {
  return `${messageId} on ${channel}${partner ? ` from ${partner}` : ''}, accepted ${acceptedAt}`
}

function rawLine(chain) {
  const link = chain.find(({ rawBytes }) => rawBytes !== undefined)
  return link
    ? `${link.rawBytes} bytes with ${link.messageId}, SHA-256 ${link.rawSha256.slice(0, 12)}`
    : 'none: it was made in here'
}

function effectLine({ partner, operation, subject, key, state, attempts }) {
  return `${partner} ${operation} for ${subject}: ${state}, asked ${attempts} times with key ${key}`
}

const KNOWN = {
  'never-asked': 'never asked for so far',
  answered: 'answered already, goes on with that answer',
  refused: 'refused before, would be asked again',
  failed: 'failed before without effect, would be asked again',
  'in-doubt': 'in doubt, would be looked up before it is asked again',
  stored: 'new',
  present: 'known already',
  conflict: 'known with other content',
}

const NOTES = {
  ask: ({ partner, operation, subject, key, known }) =>
    `would ask ${partner} to ${operation} for ${subject}: ${KNOWN[known]} (key ${key})`,
  read: ({ partner, operation }) => `would ask ${partner}: ${operation}`,
  publish: ({ channel, key, known }) => `would publish on ${channel} about ${key}: ${KNOWN[known]}`,
  claim: ({ key }) => `would claim ${key}`,
  record: ({ kind, id, status, state }) => `would write ${kind} ${id}${status || state ? `: ${status ?? state}` : ''}`,
  timer: ({ topic, set, cancelled }) => `would ${set ? `set ${topic} for ${set}` : `cancel ${topic} of ${cancelled}`}`,
  keep: ({ shipmentId, pieces }) => `would fetch and keep ${pieces ?? 'a'} piece(s) for ${shipmentId ?? 'it'}`,
  bury: ({ code, message }) => `would give it up: ${code} ${message}`,
  stop: ({ reason }) => reason,
}

function noteLine(action, details) {
  return NOTES[action](details)
}

function short(text) {
  const line = String(text).replaceAll(/\s+/g, ' ')
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line
}
