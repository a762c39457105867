/**
 * Writes docs/model.md from the JSON Schemas and the event and reason tables. `generateModelDoc()` returns the text, so
 * that a test can compare.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENTS, REASONS, SIDE_EVENTS, VARIANTS } from '../engine/canonical/taxonomy.ts'
import { readSchemas, refTitle } from './generate-types.mjs'

const INTRODUCTION = `# The canonical model

Generated from \`engine/canonical/schemas/*.schema.json\` by \`scripts/generate-model-doc.mjs\`; change the schemas instead.

- Ids are strings. Times are RFC 3339 with an offset, and must exist in the calendar. Weights are kg, lengths cm.
- Money is a decimal string with its currency: \`{ "amount": "12.99", "currency": "EUR" }\`.
- *Owner* is the system that is the source of truth for a field: erp, wms, planner, courier, telematics, crm, or the hub itself.
  With *(name)* it only says which thing is meant: whoever tells of the thing repeats it, and changes nothing by it.
- *Personal* marks personal data (\`x-personal\`): encrypted at rest, masked by role, kept out of logs, erased on request.
- **Bold** fields are required. Unknown fields are refused.
- A schema's id is \`https://cartage.dev/schemas/<entity>/<version>\`; an envelope names it in \`dataschema\`.

## Who sets what

A field has one owner, and nobody else sets it. \`engine/partner/ownership.ts\` says whose fields each kind of partner may set: a courier
its own and where it is, a planner and a vehicle how the delivery goes, too, an ERP, a warehouse and a CRM their own alone. Of a delivery,
an ERP and a warehouse tell only what happens in their own house. A house test compares this with what every mapping of every
template makes of its samples.

The other way, a system with records of its own may get copies: the ERP is told the courier's ETA. An operation says so in the manifest:
\`"tells": ["courier"]\` names the systems whose words go along for information. The same test leaves out one field after another of what
the operation is given, and what changes the request must be said there.
`

export function generateModelDoc() {
  const schemas = readSchemas()
  const definitions = Object.values(schemas.find(([name]) => name === 'definitions')[1].$defs)
  const entities = schemas.filter(([name]) => name !== 'definitions').map(([, schema]) => schema)
  const contents = ['## Contents\n', ...entities.map((schema) => `- [${schema.title}](#${schema.title.toLowerCase()})`)]
  contents.push('- [Events](#events)', '- [Reasons](#reasons)', '- [Variants](#variants)', '- [Parts](#parts)')
  const parts = definitions.map((schema) => (schema.properties ? objectSection(schema, '###') : codeSection(schema)))
  return [
    INTRODUCTION,
    ...contents,
    ...entities.map((schema) => objectSection(schema, '##')),
    ...taxonomy(),
    '\n## Parts\n\nWhat several entities are made of.',
    ...parts,
    '',
  ].join('\n')
}

function objectSection(schema, heading) {
  const inner = innerObjects(schema).map((item) => objectSection(item, `${heading}#`))
  return [
    `\n${heading} ${schema.title}\n`,
    `${schema.description ?? `Part of the above.`}\n`,
    ...fieldTable(schema),
    ...inner,
  ].join('\n')
}

/** Objects that are written inside the list that holds them. */
function innerObjects(schema) {
  return Object.values(schema.properties)
    .map(({ items }) => items)
    .filter((items) => items?.properties)
}

function fieldTable({ properties, required = [] }) {
  const rows = Object.entries(properties).map(([name, field]) => {
    const shown = required.includes(name) ? `**${name}**` : name
    return row(
      shown,
      typeName(field),
      field['x-unit'] ?? '',
      field['x-names'] ? `${field['x-owner']} (name)` : field['x-owner'],
      field['x-personal'] ? 'yes' : '',
      cell(field),
    )
  })
  return [row('Field', 'Type', 'Unit', 'Owner', 'Personal', 'Description'), row(...Array(6).fill('---')), ...rows]
}

function cell({ description, enum: values }) {
  return values === undefined
    ? description
    : `${description} One of ${values.map((value) => `\`${value}\``).join(', ')}.`
}

function typeName(field) {
  if (field.$ref) return link(refTitle(field.$ref))
  if (field.const !== undefined) return `\`"${field.const}"\``
  if (field.type === 'array') return `list of ${field.items.title ? link(field.items.title) : typeName(field.items)}`
  if (field.format) return field.format
  return field.type === undefined ? 'any' : [field.type].flat().join(' or ')
}

function link(title) {
  return `[${title}](#${title.toLowerCase()})`
}

function codeSection(schema) {
  const values = schema.enum.map((value) => `\`${value}\``).join(' ')
  return `\n### ${schema.title}\n\n${schema.description}\n\n${values}`
}

function taxonomy() {
  const events = Object.entries({ ...EVENTS, ...SIDE_EVENTS })
  return [
    '\n## Events\n',
    'A shipment shows its furthest event, compared by (delivery attempt, rank). Without a rank an event is a side fact that',
    'never moves the status. An event may go back only by naming the one that it corrects.\n',
    row('Event', 'Rank', 'Label'),
    row('---', '---', '---'),
    ...events.map(([type, { rank, label }]) => row(`\`${type}\``, rank ?? '', label)),
    '\n## Reasons\n',
    row('Reason', 'Label'),
    row('---', '---'),
    ...Object.entries(REASONS).map(([reason, label]) => row(`\`${reason}\``, label)),
    '\n## Variants\n',
    'How a delivery was completed (`delivery.completed`).\n',
    row('Variant', 'Label'),
    row('---', '---'),
    ...Object.entries(VARIANTS).map(([variant, label]) => row(`\`${variant}\``, label)),
  ]
}

function row(...cells) {
  return `| ${cells.map((text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`
}

if (process.argv[1] === import.meta.filename) {
  const docs = join(import.meta.dirname, '..', 'docs')
  mkdirSync(docs, { recursive: true })
  writeFileSync(join(docs, 'model.md'), generateModelDoc())
}
