/* The sidebar's tab: the list of partners. The page of one opens over the editor. */
import { h } from '../../workbench/dom.mjs'
import { openGallery } from '../gallery/gallery.mjs'
import { openPage } from '../page/page.mjs'
import { createList } from './list.mjs'

export function createPartnersTab() {
  const list = createList({ open: (slug) => show(slug), newPartner })
  const element = h('div', { class: 'cartage-side cartage-partners' }, list.element)
  /** The page that is open. */
  let page

  function newPartner() {
    openGallery({ made: (slug) => show(slug), focus })
  }

  /** `part`: one of the page's, that is unfolded and brought into sight. */
  async function show(slug, part) {
    if (page?.slug === slug) return part && page.reveal(part)
    const opened = (one) => {
      page = one
    }
    await openPage(slug, { name: part, opened })
    page = undefined
    await focus(slug)
  }

  async function focus(slug) {
    await list.load()
    list.focus(slug)
  }
  return { element, show, newPartner, load: list.load }
}
