/* Opens the workbench in a tray over the whole editor, and closes it without losing what was not saved. */
import * as api from './api.mjs'
import { openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { t } from './text.mjs'
import { createWorkbench } from './workbench.mjs'

/** While it is open the tray takes the sidebars' room, too: a mapping needs two trees beside each other. */
const WIDE = 'cartage-wb-open'

/** `given` as for createWorkbench; `changed` is told of saved mappings. Resolves once the workbench is closed. */
export async function openWorkbench(given, { changed }) {
  const [partners, functions] = await Promise.all([api.partners(), api.functions().catch(() => [])])
  await new Promise((closed) => {
    let workbench
    /** The mapper's dialog is off the page as long as the workbench is on it: it is told afterwards. */
    let tell
    const finish = () => {
      document.body.classList.remove(WIDE)
      RED.tray.close(() => {
        tell?.()
        closed()
      })
    }
    const node = given.node && {
      ...given.node,
      keep(source, mapping) {
        tell = () => given.node.keep(source, mapping)
        finish()
      },
      useTemplate(mapping) {
        tell = () => given.node.useTemplate(mapping)
      },
    }
    const deps = { partners, functions: () => functions, changed, leave: () => leave(workbench, finish) }
    document.body.classList.add(WIDE)
    RED.tray.show({
      title: t('title'),
      width: Number.POSITIVE_INFINITY,
      focusElement: false,
      open(tray) {
        const readOnly = !RED.user.hasPermission('flows.write')
        workbench = createWorkbench({ ...given, node, readOnly }, deps)
        tray.addClass('cartage-wb-tray').find('.red-ui-tray-body').append(workbench.element)
        window.CartageWorkbench.current = workbench
      },
      resize: () => workbench.resize(),
      close() {
        window.CartageWorkbench.current = undefined
        workbench.close()
      },
      show: () => workbench.element.querySelector('.source .cartage-wb-tree').focus(),
    })
  })
}

async function leave(workbench, finish) {
  if (!workbench.dirty()) return finish()
  const sure = await openDialog({
    title: t('leave.title'),
    content: h('p', {}, t('leave.text')),
    actions: [{ text: t('leave.discard'), primary: true, act: () => true }],
  })
  if (sure) finish()
}
