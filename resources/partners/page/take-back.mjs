/* The last change of a partner's profile is taken back: all forms of the page write the same text. */
import { field, filled, openDialog, reason } from '../../workbench/dialog.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { PROFILE } from '../files/file-sheet.mjs'
import { t } from '../text.mjs'

/** `done()` is called once it is taken back. */
export const takeBackButton = ({ slug, disabled, tell, done }) =>
  button({ icon: 'undo', title: t('page.undo'), disabled, onclick: () => ask(slug, tell, done) })

async function ask(slug, tell, done) {
  const why = reason(t('page.whyHint'))
  const gone = await openDialog({
    title: t('page.undoSure'),
    content: [h('p', {}, t('page.undoText')), field(t('why'), why)],
    actions: [
      {
        text: t('page.undoIt'),
        primary: true,
        act: () => api.undoFile(slug, PROFILE, { why: filled(why, t('why')) }),
      },
    ],
  })
  if (!gone) return
  tell(t('page.undone'))
  await done()
}
