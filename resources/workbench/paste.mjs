/* A payload that no message and no template has: pasted from a partner's documentation, or from a mail. */
import { field, openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { t } from './text.mjs'

const MAX = 2 * 1024 * 1024

export async function pastePayload(session) {
  const body = h('textarea', {
    rows: 14,
    class: 'cartage-wb-json',
    spellcheck: false,
    placeholder: '{ … }',
    maxLength: MAX,
  })
  const headers = h('textarea', {
    rows: 3,
    class: 'cartage-wb-json',
    spellcheck: false,
    placeholder: '{ "x-event": "…" }',
  })
  const sample = await openDialog({
    title: t('paste.title'),
    wide: true,
    content: [h('p', {}, t('paste.text')), field(t('paste.body'), body), field(t('paste.headers'), headers)],
    actions: [
      {
        text: t('paste.use'),
        primary: true,
        act: () => ({
          body: parsed(body, 'paste.body'),
          headers: headers.value.trim() ? parsed(headers, 'paste.headers') : {},
        }),
      },
    ],
  })
  if (!sample) return
  session.set({ sample: { ...sample, pasted: true, masked: false, personal: [] }, item: 0 })
  await session.tryNow()
}

function parsed(input, label) {
  try {
    return JSON.parse(input.value)
  } catch (error) {
    throw new Error(t('paste.notJson', { label: t(label), error: error.message }))
  }
}
