// `npm run partner -- new`: a partner from a template, with its tab and its secrets, in one go.
import { readFileSync } from 'node:fs'
import { place } from './command.mjs'
import { callHub, fail } from './hub-api.mjs'
import { ask, askSecret } from './terminal.mjs'

export async function make({ options, words, usage }) {
  if (words.length > 0) fail(usage)
  const answers = { ...answersIn(options.answers), ...answersOf(options) }
  if (process.stdin.isTTY && process.stderr.isTTY) await complete(answers, options)
  if (!answers.template || !answers.label) fail(`--template and --label are missing\n${usage}`)
  const deploy = options['no-deploy'] !== true
  const made = await callHub('POST', '/api/v1/partners', { ...answers, deploy })
  tell(made, `is made from ${answers.template}: a draft${deploy ? ', deployed' : ''}`, options)
}

/** One that was made without its nodes. */
export async function deploy({ options, words, usage }) {
  if (words.length !== 1) fail(usage)
  const { environment, baseUrl, parameters, credentials, webhookSecret } = answersOf(options)
  const account = { environment, baseUrl, parameters, credentials, webhookSecret }
  tell(
    await callHub('POST', `/api/v1/partners/${encodeURIComponent(words[0])}/deploy`, account),
    'is deployed',
    options,
  )
}

function tell(made, what, { json }) {
  if (json) return console.log(JSON.stringify(made))
  console.log(`${made.slug} ${what}`)
  if (made.webhook) console.log(`webhook address for the partner: ${made.webhook.url}`)
  if (made.webhook?.secret) console.log(`its secret, told this once: ${made.webhook.secret}`)
  if (made.missing?.length > 0) console.log(`still to be set on its configuration node: ${made.missing.join(', ')}`)
  console.log(`next: npm run partner -- test ${made.slug}`)
}

export async function takeAway({ words, usage, options }) {
  if (words.length !== 1) fail(usage)
  await callHub('DELETE', `/api/v1/partners/${encodeURIComponent(words[0])}`)
  console.log(options.json ? '{}' : `${words[0]} is gone`)
}

function answersIn(file) {
  if (file === undefined) return {}
  const answers = jsonIn(file)
  for (const name of ['credentials', 'webhookSecret'])
    if (answers[name] !== undefined && answers[name] !== 'generate')
      fail(`${file}: ${name} may not stand in a file of answers: --credential <name>=@<file> or env:<NAME>`)
  return answers
}

function answersOf(options) {
  const { template, label, slug, environment, url, way, rate, zone } = options
  const cutOff = options['cut-off'] && { time: options['cut-off'], ...(zone && { timeZone: zone }) }
  const given = {
    ...{ template, label, slug, environment, baseUrl: url, way, cutOff },
    limits: rate && { requestsPerSecond: Number(rate) },
    serviceLevels: options['service-levels']?.split(','),
    codes: options.codes && { set: jsonIn(options.codes) },
    parameters: options.parameter && Object.fromEntries(options.parameter.map(pair)),
    credentials:
      options.credential &&
      Object.fromEntries(options.credential.map(pair).map(([name, from]) => [name, secretFrom(name, from)])),
    webhookSecret: webhookSecret(options['webhook-secret']),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''))
}

function webhookSecret(from) {
  return from === undefined || from === 'generate' ? from : secretFrom('webhook-secret', from)
}

/** Words of a command can be read by everybody on the machine, and stay in the shell's history. */
function secretFrom(name, from) {
  const [, kind, where] =
    /^(@|env:)(.+)$/.exec(from) ?? fail(`${name}: say where the secret is, as @<file> or env:<NAME>, not what it is`)
  const secret = kind === '@' ? textIn(where).trim() : process.env[where]
  return secret || fail(`${name}: ${kind === '@' ? `${where} is empty` : `${where} is not set`}`)
}

/** Asks for what nobody has said. Secrets are not shown. */
async function complete(answers, options) {
  answers.template ??= await ask('Template (npm run partner -- templates lists them)')
  const template = await callHub('GET', `/api/v1/partner-templates/${encodeURIComponent(answers.template)}`)
  answers.label ??= await ask('Name', template.label)
  if (Object.keys(template.environments ?? {}).length > 0)
    answers.environment ??= await ask(`Environment (${Object.keys(template.environments).join(', ')})`, 'test')
  if (/rest|soap/.test(template.style)) answers.baseUrl ??= (await ask('Address', template.baseUrl ?? '')) || undefined
  if (answers.baseUrl === template.baseUrl) delete answers.baseUrl
  answers.parameters ??= {}
  for (const { name, label, default: usual } of template.parameters)
    answers.parameters[name] ??= (await ask(label ?? name, usual ?? '')) || undefined
  if (template.webhook?.needsSecret)
    answers.webhookSecret ??=
      (await askSecret('Webhook secret that the partner gave; empty: generate one')) || 'generate'
  if (options['no-deploy']) return
  answers.credentials ??= {}
  for (const { name, label } of template.credentials.filter(({ name }) => name !== template.webhook?.secret))
    answers.credentials[name] ??= (await askSecret(label ?? name)) || undefined
}

function pair(text) {
  const at = text.indexOf('=')
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : fail(`${text.slice(0, 40)} is not <name>=<value>`)
}

function jsonIn(file) {
  try {
    return JSON.parse(textIn(file))
  } catch (error) {
    return fail(`${file} is not JSON: ${error.message}`)
  }
}

function textIn(file) {
  try {
    return readFileSync(place(file), 'utf8')
  } catch {
    return fail(`${file} cannot be read`)
  }
}
