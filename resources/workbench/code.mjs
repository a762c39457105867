/*
 * The JSONata, in the editor that Node-RED gives. What a drag writes goes through the editor as well, so that text and
 * drags have one history.
 */
import { h } from './dom.mjs'

const LIT = { inlineClassName: 'cartage-wb-lit', className: 'cartage-wb-lit-line', isWholeLine: false }

export function createCode({ source, label, readOnly, completion, onChange, onCursor }) {
  const element = h('div', { class: 'cartage-wb-code node-text-editor' })
  const editor = RED.editor.createEditor({
    element,
    mode: 'ace/mode/jsonata',
    value: source,
    stateId: false,
    readOnly,
    minimap: { enabled: false },
    ariaLabel: label,
    fontSize: 13,
    scrollBeyondLastLine: false,
    formatOnPaste: false,
    wordWrap: 'on',
    wrappingIndent: 'indent',
  })
  const model = editor.getModel()
  const marks = editor.createDecorationsCollection()
  // Offsets of the hub count one character for a line's end.
  model.setEOL(monaco.editor.EndOfLineSequence.LF)
  model.onDidChangeContent(() => onChange(model.getValue()))
  editor.onDidChangeCursorPosition(({ reason, position }) => {
    if (reason === monaco.editor.CursorChangeReason.Explicit) onCursor(model.getOffsetAt(position))
  })
  const detach = completion?.attach(model)

  const rangeOf = ({ start, end }) => monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end))

  return {
    element,
    editor,
    value: () => model.getValue(),
    offset: () => model.getOffsetAt(editor.getPosition()),
    /** Another text altogether, with a history of its own. */
    load: (text) => model.setValue(text),
    /** Puts another text in its place as one step of the history; only what differs is touched, so that the cursor stays. */
    write(text) {
      const before = model.getValue()
      const { start, end, insert } = difference(before, text)
      if (start === end && insert === '') return
      editor.pushUndoStop()
      editor.executeEdits('workbench', [{ range: rangeOf({ start, end }), text: insert, forceMoveMarkers: true }])
      editor.pushUndoStop()
    },
    /** Lights up parts of the text; with `reveal` the first of them is brought into sight. */
    light(spans, reveal) {
      marks.set(spans.map((span) => ({ range: rangeOf(span), options: LIT })))
      if (reveal && spans.length > 0) editor.revealRangeInCenterIfOutsideViewport(rangeOf(spans[0]))
    },
    /** Underlines where the mapping is wrong; undefined takes the line away. */
    underline(problem) {
      monaco.editor.setModelMarkers(model, 'cartage', problem ? [markerOf(problem, model)] : [])
    },
    goTo(offset) {
      const position = model.getPositionAt(offset)
      editor.setPosition(position)
      editor.revealPositionInCenterIfOutsideViewport(position)
      editor.focus()
    },
    undo: () => editor.trigger('workbench', 'undo'),
    redo: () => editor.trigger('workbench', 'redo'),
    canUndo: () => model.canUndo(),
    canRedo: () => model.canRedo(),
    focus: () => editor.focus(),
    resize: () => editor.layout(),
    destroy() {
      detach?.()
      editor.destroy()
    },
  }
}

/** What to replace to make one text of another: the shortest piece between what they begin and end with alike. */
export function difference(before, after) {
  const limit = Math.min(before.length, after.length)
  let start = 0
  while (start < limit && before[start] === after[start]) start += 1
  let same = 0
  while (same < limit - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same += 1
  return { start, end: before.length - same, insert: after.slice(start, after.length - same) }
}

/** JSONata tells where the wrong token ends; the word before that is what is wrong. */
function markerOf({ message, position = 0 }, model) {
  const end = model.getPositionAt(Math.max(0, position))
  const word = model.getWordUntilPosition(end)
  const from = word.word ? word.startColumn : Math.max(1, end.column - 1)
  return {
    severity: monaco.MarkerSeverity.Error,
    message,
    startLineNumber: end.lineNumber,
    startColumn: from,
    endLineNumber: end.lineNumber,
    endColumn: Math.max(from + 1, end.column),
  }
}
