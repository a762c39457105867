/* Opens the workbench in a tray over the whole editor, and closes it without losing what was not saved. */
import * as api from './api.mjs'
import { openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { t } from './text.mjs'
import { createWorkbench } from './workbench.mjs'

/** While it is open the tray takes the sidebars' room, too: a mapping needs two trees beside each other. */
const WIDE = 'cartage-wb-open'

/** `given` as for createWorkbench; `changed` is told of saved mappings. */
export async function openWorkbench(given, { changed }) {
  const [partners, functions] = await Promise.all([api.partners(), api.functions().catch(() => [])])
  let workbench
  const finish = () => {
    RED.tray.close()
    document.body.classList.remove(WIDE)
  }
  const node = given.node && {
    ...given.node,
    keep(source, mapping) {
      given.node.keep(source, mapping)
      finish()
    },
  }
  document.body.classList.add(WIDE)
  RED.tray.show({
    title: t('title'),
    width: Number.POSITIVE_INFINITY,
    focusElement: false,
    open(tray) {
      workbench = createWorkbench(
        { ...given, node },
        { partners, functions: () => functions, changed, leave: () => leave(workbench, finish) },
      )
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
