/*
 * What the editor offers while one writes: fields of the sample with their values, canonical fields with what they mean,
 * and the functions with their examples. Node-RED brings the language's own functions; here are the others.
 */
import { childPath, fold, partsOf, valueAt } from './paths.mjs'
import { partAt } from './provenance.mjs'
import { payloadOf } from './session.mjs'
import { allFields, brief, kindOf, payloadRows } from './tree-model.mjs'

/** Whole paths that are offered at once. */
const MAX_PATHS = 400
const CHAIN = /((?:\$?[A-Za-z_]\w*|`[^`]*`)(?:\[[^\]]*\])*\.)+\w*$/
const VARIABLES_DEEP = 6

/**
 * What stands to reason at an offset: { kind: 'names' | 'paths' | 'fields', items }. Pure: the editor's part is below.
 */
export function offersAt(text, offset, { payload, fields, trace, paths = () => pathsOf(payload) }) {
  const before = text.slice(0, offset)
  const key = /[{,]\s*"[\w.]*$/.exec(before)
  if (key) return { kind: 'fields', items: fieldsAt(offset, fields, trace) }
  const chain = CHAIN.exec(before)
  if (chain) return { kind: 'names', items: namesOf(resolve(chain[0].replace(/\.\w*$/, ''), text, payload)) }
  return { kind: 'paths', items: paths() }
}

/** The value that a chain of names leads to; a variable is followed to where it is set. */
function resolve(chain, text, payload, depth = 0) {
  const plain = chain.replace(/\[[^\]]*\]/g, '')
  const [first, ...rest] = partsOf(plain)
  if (!first?.startsWith?.('$')) return valueAt(payload, plain)
  if (first === '$' || first === '$$') return valueAt(payload, rest.join('.'))
  const set = new RegExp(`\\${first}\\s*:=\\s*([\\w$.\`]+)`).exec(text)
  if (!set || depth > VARIABLES_DEEP) return undefined
  const start = resolve(set[1], text, payload, depth + 1)
  return valueAt(start, rest.reduce(childPath, ''))
}

function namesOf(value) {
  const item = Array.isArray(value) ? value[0] : value
  if (item === null || typeof item !== 'object') return []
  return Object.entries(item).map(([name, below]) => ({
    label: name,
    insert: childPath('', name),
    detail: `${kindOf(below)}  ${brief(below)}`,
  }))
}

/** Every field of the payload by its whole path, a list's by its first item. */
function pathsOf(payload) {
  if (payload === undefined) return []
  const everything = { has: () => true }
  const seen = new Set()
  const items = []
  for (const { folded, value } of payloadRows(payload, everything)) {
    if (seen.has(folded)) continue
    seen.add(folded)
    items.push({ label: folded, insert: folded, detail: `${kindOf(value)}  ${brief(value)}` })
    if (items.length >= MAX_PATHS) break
  }
  return items
}

/** The canonical fields that may stand in the object at an offset: those below the field that is being made there. */
function fieldsAt(offset, fields, trace) {
  const around = partAt(trace, offset)
  const above = around && allFields(fields).find(({ path }) => fold(path) === fold(around.path))
  const offered = above?.children?.length > 0 ? above.children : fields
  return offered.map((field) => ({
    label: field.name,
    insert: field.name,
    detail: [field.type, field.unit, field.required && '*'].filter(Boolean).join(' '),
    documentation: field.description,
  }))
}

const documentationOf = ({ summary, examples = [] }) =>
  [
    summary,
    ...examples.map(({ expression, result, error }) => `\`${expression}\` → \`${error ?? JSON.stringify(result)}\``),
  ].join('\n\n')

/** Hooks into the editor once per page; `attach(model)` makes it serve one text. */
export function installCompletion(session, functions) {
  const served = new Set()
  const { Function: FUNCTION, Field: FIELD, Property: PROPERTY } = monaco.languages.CompletionItemKind
  const kinds = { names: FIELD, paths: FIELD, fields: PROPERTY }

  /** All paths of a sample are found once, not with every key. */
  let listed = {}
  function paths() {
    const { sample, ref } = session.state
    if (listed.sample !== sample || listed.ref !== ref)
      listed = { sample, ref, items: pathsOf(payloadOf(session.state)) }
    return listed.items
  }

  function provide(model, position) {
    if (!served.has(model)) return { suggestions: [] }
    const { state } = session
    const offset = model.getOffsetAt(position)
    const { kind, items } = offersAt(model.getValue(), offset, {
      payload: payloadOf(state),
      fields: state.fields,
      trace: state.answer?.trace,
      paths,
    })
    const word = model.getWordUntilPosition(position)
    const range = new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, word.endColumn)
    const offered = items.map(({ label, insert, detail, documentation }) => ({
      label,
      insertText: insert,
      detail,
      documentation,
      kind: kinds[kind],
      range,
    }))
    return { suggestions: kind === 'paths' ? [...offered, ...functionItems(range)] : offered }
  }
  const functionItems = (range) =>
    functions()
      .filter(({ from }) => from !== 'jsonata')
      .map((entry) => {
        const name = `$${entry.name.replace(/^\$/, '')}`
        const documentation = { value: documentationOf(entry) }
        return {
          label: name,
          insertText: `${name}($0)`,
          insertTextRules: 4,
          detail: entry.signature,
          documentation,
          kind: FUNCTION,
          range,
        }
      })

  function hover(model, position) {
    const word = served.has(model) ? model.getWordAtPosition(position) : undefined
    const entry = word && functions().find(({ name }) => `$${name.replace(/^\$/, '')}` === word.word)
    if (!entry) return undefined
    return { contents: [{ value: `**${entry.signature ?? word.word}**` }, { value: documentationOf(entry) }] }
  }

  const hooks = [
    monaco.languages.registerCompletionItemProvider('jsonata', {
      triggerCharacters: ['.', '"', '$'],
      provideCompletionItems: provide,
    }),
    monaco.languages.registerHoverProvider('jsonata', { provideHover: hover }),
  ]
  return {
    attach(model) {
      served.add(model)
      return () => served.delete(model)
    },
    dispose() {
      for (const hook of hooks) hook.dispose()
    },
  }
}
