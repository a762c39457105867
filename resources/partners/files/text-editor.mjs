/* A text in the editor's own Monaco; where that is not there, in a plain field. */
import { h } from '../../workbench/dom.mjs'
import { offsetOf } from './json-place.mjs'

const LANGUAGES = { json: 'json', xml: 'xml', jsonata: 'jsonata' }

export function createText(place, { changed, readOnly }) {
  let editor
  let model
  let before = ''

  /** With a schema what is written is checked against it, and what it knows is offered. */
  function show(path, text, schema) {
    close()
    before = text
    if (!window.monaco) return plain(text)
    const uri = monaco.Uri.parse(`cartage:/${path}`)
    if (schema) teach(schema, uri)
    model = monaco.editor.createModel(text, LANGUAGES[path.split('.').at(-1)] ?? 'plaintext', uri)
    editor = monaco.editor.create(place, {
      model,
      readOnly,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      tabSize: 2,
      fontSize: 13,
      fixedOverflowWidgets: true,
    })
    model.onDidChangeContent(changed)
  }

  function plain(text) {
    const area = h('textarea', { value: text, spellcheck: false, class: 'cartage-wb-json', oninput: changed })
    place.replaceChildren(area)
    model = { getValue: () => area.value, dispose() {} }
  }

  function teach(schema, uri) {
    const { jsonDefaults } = monaco.languages.json
    const { schemas = [], ...options } = jsonDefaults.diagnosticsOptions
    const own = { uri: 'cartage:/profile.schema.json', fileMatch: [uri.toString()], schema }
    const others = schemas.filter((one) => one.uri !== own.uri)
    jsonDefaults.setDiagnosticsOptions({ ...options, validate: true, schemas: [...others, own] })
  }

  /** Puts the cursor to a field of a JSON text, or to as much of its path as there is. */
  function find(path) {
    if (!editor) return
    const position = model.getPositionAt(offsetOf(model.getValue(), path))
    editor.setPosition(position)
    editor.revealPositionInCenter(position)
    editor.focus()
  }

  function close() {
    editor?.dispose()
    model?.dispose()
    editor = undefined
    model = undefined
  }

  const value = () => model?.getValue() ?? before
  return { show, find, value, isChanged: () => value() !== before, close }
}
