// Mappings of the templates by command line, without a hub: npm run mappings -- goldens | compatibility
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { load, place, run } from './command.mjs'

const USAGE = `npm run mappings -- goldens [partner]        run every golden sample; exit code 1 when one does not come out
npm run mappings -- compatibility [partner]  what a change would do to the samples; exit code 1 when it breaks one
  --mapping map/webhook.jsonata --source new.jsonata   a mapping as it might become
  --codes codes.json                                   codes that might be added or changed; null takes one out
  --entity shipment --schema new.schema.json           a schema as it might become
CARTAGE_TEMPLATES names the folder of the templates. --json prints everything.`

const OPTIONS = Object.fromEntries(
  ['mapping', 'source', 'codes', 'entity', 'schema'].map((one) => [one, { type: 'string' }]),
)

await run('mappings', async () => {
  const options = { ...OPTIONS, json: { type: 'boolean' } }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [verb, partner, ...more] = positionals
  if (!['goldens', 'compatibility'].includes(verb) || more.length > 0) throw new Error(`unknown words\n${USAGE}`)
  const lab = await openLab()
  await (verb === 'goldens' ? goldens : compatible)(lab, partner, values)
})

async function openLab() {
  const { loadConfig } = await load('engine/config.js')
  const { createEvaluator } = await load('engine/mapping/evaluate.js')
  const { offlineLab } = await load('engine/mapping/lab/offline.js')
  const { loadProfiles } = await load('engine/partner/profile.js')
  const evaluator = createEvaluator()
  return offlineLab(loadProfiles(loadConfig().templatesDir, { compile: evaluator.compile }), evaluator)
}

async function goldens(lab, partner, { mapping, source, json }) {
  const { runGoldens } = await load('engine/mapping/lab/goldens.js')
  const draft = source === undefined ? {} : { source: readFileSync(place(source), 'utf8') }
  const partners = partner === undefined ? [...lab.profiles.keys()] : [partner]
  let failed = 0
  for (const one of partners) {
    const results = await runGoldens(lab, { partner: one, ...(mapping && { mapping }), ...draft })
    const bad = results.filter(({ ok }) => !ok)
    failed += bad.length
    if (json) console.log(JSON.stringify({ partner: one, results }))
    else console.log(`${one}: ${results.length - bad.length} of ${results.length} golden samples come out`)
    if (!json) for (const result of bad) tellGolden(result)
  }
  if (failed > 0) process.exitCode = 1
}

function tellGolden({ mapping, golden, error, diff }) {
  console.log(`  ${mapping}: ${golden}${error ? `: ${error.code} ${error.message}` : ''}`)
  tellDiff(diff)
}

async function compatible(lab, partner, { mapping, source, codes, entity, schema, json }) {
  const { compatibility } = await load('engine/mapping/lab/compatibility.js')
  const asked = {
    ...{ partner, mapping },
    ...(source && { source: readFileSync(place(source), 'utf8') }),
    ...(codes && { codes: JSON.parse(readFileSync(place(codes), 'utf8')) }),
    ...(schema && { schema: { entity, schema: JSON.parse(readFileSync(place(schema), 'utf8')) } }),
  }
  const { summary, changes } = await compatibility(lab, asked, true)
  if (json) console.log(JSON.stringify({ summary, changes }))
  else {
    for (const change of changes) tellChange(change)
    const { looked, broken, mended, changed } = summary
    console.log(`${looked} samples: ${broken} broken, ${mended} mended, ${changed} changed`)
  }
  if (summary.broken > 0) process.exitCode = 1
}

function tellChange({ partner, mapping, name, effect, after, diff }) {
  console.log(`${partner} ${mapping} ${name}: ${effect}`)
  for (const issue of [after.error, ...after.issues].filter(Boolean)) console.log(`    ${issue}`)
  tellDiff(diff)
}

function tellDiff(diff) {
  for (const { path, kind, expected, actual } of diff.slice(0, 20))
    console.log(`    ${path} ${kind}: ${JSON.stringify(expected)} → ${JSON.stringify(actual)}`)
}
