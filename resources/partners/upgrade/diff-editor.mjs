/* Two texts beside each other, in the editor's own Monaco; where that is not there, one below the other. */
import { h } from '../../workbench/dom.mjs'

const LANGUAGES = { json: 'json', jsonata: 'jsonata', md: 'markdown', xml: 'xml', svg: 'xml' }

export function createDiff(place) {
  let editor
  let models = []

  /** `edited(text)` is told of what is written on the right; without it both sides are for reading. */
  function show({ path, before, after, edited }) {
    close()
    if (!window.monaco) return place.replaceChildren(h('pre', { class: 'cartage-wb-plain' }, after))
    const language = LANGUAGES[path.split('.').at(-1)] ?? 'plaintext'
    models = [before, after].map((text) => monaco.editor.createModel(text, language))
    place.replaceChildren()
    editor = monaco.editor.createDiffEditor(place, {
      automaticLayout: true,
      readOnly: edited === undefined,
      originalEditable: false,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderOverviewRuler: false,
      useInlineViewWhenSpaceIsLimited: false,
      fontSize: 12,
      wordWrap: 'on',
      hideUnchangedRegions: { enabled: true },
    })
    editor.setModel({ original: models[0], modified: models[1] })
    if (edited) models[1].onDidChangeContent(() => edited(models[1].getValue()))
  }

  function close() {
    editor?.dispose()
    for (const model of models) model.dispose()
    editor = undefined
    models = []
  }

  return { show, close }
}
